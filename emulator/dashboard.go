package emulator

// LoginURL returns a link that signs one browser in to the dashboard, once. Each call makes a new token. As long as the
// emulator does not listen, all links begin with https://emulator.test and work only in process.
func (e *Emulator) LoginURL() string {
	return e.baseURL() + "/login?token=" + e.dashboard.Token()
}
