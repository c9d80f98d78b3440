package emulator

func (e *Emulator) keepEvidence() {}
