package emulator

// LoginURL signs one browser in to the dashboard, once: a link with a new token. A link to https://emulator.test leads
// somewhere only in process, as all links do before the emulator listens.
func (e *Emulator) LoginURL() string {
	return e.baseURL() + "/login?token=" + e.dashboard.Token()
}
