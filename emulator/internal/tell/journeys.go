package tell

import (
	"errors"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// ChangeJourney activates, pauses or archives a Journey. Its errors say what prevents that, and what to do.
func ChangeJourney(tx *world.Tx, ref, status string) error {
	j, err := tx.JourneyWith(ref)
	if err != nil {
		return err
	}
	switch {
	case j.Status == world.Archived && status != world.Archived:
		return fmt.Errorf("journey %s is Archived, and its runs have ended; to use it again, seed its document: %s",
			j.Key, activate(j.Key, j.Status))
	case j.Status == world.Draft && status == world.Paused:
		return fmt.Errorf("journey %s is a Draft, so nobody can enter it; to activate it first, call %s",
			j.Key, activate(j.Key, j.Status))
	}

	findings, err := tx.ChangeJourney(j, status)
	if err != nil || len(findings) == 0 {
		return err
	}
	return faultsOf(j.Key, status, findings)
}

// faultsOf returns an error that lists why a Journey cannot have a status.
func faultsOf(key, status string, findings []cond.Finding) error {
	lines := []string{fmt.Sprintf("journey %s cannot be %s; correct this in its document or in what it refers to:",
		key, status)}
	for _, finding := range findings {
		lines = append(lines, finding.Path+": "+finding.Message)
	}
	return errors.New(strings.Join(lines, "\n\t"))
}

// activate returns the call that activates a Journey which has this status now.
func activate(key, status string) string {
	if status == world.Archived {
		return fmt.Sprintf("emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{{Key: %q, Status: %q, …}}})",
			key, world.Active)
	}
	return fmt.Sprintf("emu.Activate(%q)", key)
}
