package tell

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file says in words what waits for its time.

// DueTask is a task in words: when it is due, what it does, and the thing that it is about. If that does not exist any
// more, Kind is "".
type DueTask struct {
	At      time.Time
	Does    string
	Kind    string // of the thing, as in Thing
	ID      string
	Name    string
	Problem string // of a parked task: why it failed
}

// Due returns the tasks that are due next.
func Due(tx *world.Tx, limit int) (list []DueTask, err error) {
	tasks, err := tx.NextTasks(limit)
	for i := range tasks {
		due, err := describeTask(tx, &tasks[i])
		if err != nil {
			return nil, err
		}
		list = append(list, due)
	}
	return list, err
}

// Parked returns the tasks that failed.
func Parked(tx *world.Tx) (list []DueTask, err error) {
	tasks, err := tx.ParkedTasks()
	for _, task := range tasks {
		parked, err := describeTask(tx, &world.Task{Due: task.Since, Kind: task.Kind, Ref: task.Ref})
		if err != nil {
			return nil, err
		}
		parked.Problem = task.Error
		list = append(list, parked)
	}
	return list, err
}

// does says what the tasks do that need only one sentence.
var does = map[string]string{
	world.TaskDeliver:          "An email is sent",
	world.TaskStep:             "A run goes on",
	world.TaskRecheck:          "A run tests the condition that it waits for",
	world.TaskSegmentEdge:      "A Profile is tested against a Segment that time may change",
	world.TaskLaunch:           "The scheduled sending begins",
	world.TaskSnapshotAudience: "The audience is read, and the sending begins",
	world.TaskFanOut:           "The sending goes on",
	world.TaskDeliverBatch:     "The next emails are sent",
	world.TaskRelayed:          "The answer of the SMTP server is stored",
	world.TaskRelayAgain:       "The SMTP server is tried again",
	world.TaskExtractBrandKit:  "A step of an extraction ends",
	world.TaskWebhookAgain:     "A webhook is tried again",
	world.TaskDropUpload:       "An upload that became no Asset is deleted",
}

func describeTask(tx *world.Tx, task *world.Task) (due DueTask, err error) {
	due = DueTask{At: task.Due, Does: does[task.Kind], ID: task.Ref}
	switch task.Kind {
	case world.TaskOutcome:
		due.Does = nextOutcome(task.Arg)
		return due, due.aboutSend(tx)
	case world.TaskDeliver, world.TaskRelayed, world.TaskRelayAgain:
		return due, due.aboutSend(tx)
	case world.TaskStep, world.TaskRecheck:
		return due, due.aboutRun(tx)
	case world.TaskSegmentEdge:
		due.Kind = "Profile"
		due.Name, err = emailOf(tx, task.Ref)
	case world.TaskWebhookAgain:
		return due, due.aboutWebhook(tx)
	case world.TaskLaunch, world.TaskSnapshotAudience, world.TaskFanOut, world.TaskDeliverBatch:
		return due, due.aboutCarrier(tx)
	case world.TaskExtractBrandKit:
		kit, err := tx.BrandKit(task.Ref)
		if err == nil && kit != nil {
			due.Kind, due.Name = "BrandKit", kit.Name
		}
		return due, err
	case world.TaskDropUpload:
		due.Kind = "Upload"
		return due, nil
	default:
		due.Does = task.Kind + " " + task.Ref
	}
	return due, err
}

func (due *DueTask) aboutSend(tx *world.Tx) error {
	send, err := tx.Send(due.ID)
	if err != nil || send == nil {
		return err
	}
	due.Kind = "EmailSend"
	due.Name, err = describeSend(tx, send)
	return err
}

func (due *DueTask) aboutWebhook(tx *world.Tx) error {
	hook, err := tx.Webhook(due.ID)
	if err != nil || hook == nil {
		return err
	}
	due.Kind, due.Name = "Webhook", hook.Type
	return nil
}

func (due *DueTask) aboutRun(tx *world.Tx) error {
	run, err := tx.Run(due.ID)
	if err != nil || run == nil {
		return err
	}
	due.Kind, due.Does = "JourneyRun", due.Does+" at "+run.Node
	due.Name, err = describeRun(tx, run)
	return err
}

func (due *DueTask) aboutCarrier(tx *world.Tx) error {
	carrier, err := tx.Carrier("", due.ID)
	if err != nil || carrier == nil {
		return err
	}
	due.Kind, due.Name = world.CarrierNouns[carrier.Type], fmt.Sprintf("%q, %s", carrier.Name, carrier.Status)
	return nil
}

// happens says what the outcomes of an email are.
var happens = map[string]string{
	world.FactDelivered:    "An email is delivered",
	world.FactBounced:      "An email bounces",
	world.FactOpened:       "An email is opened",
	world.FactClicked:      "A link in an email is clicked",
	world.FactUnsubscribed: "A recipient unsubscribes",
	world.FactComplained:   "An email is reported as spam",
}

// nextOutcome says what the first of the planned facts in a task is. A parked task has none.
func nextOutcome(arg string) string {
	var coming []world.PlannedFact
	if json.Unmarshal([]byte(arg), &coming) != nil || len(coming) == 0 || happens[coming[0].Type] == "" {
		return "Something happens to an email"
	}
	return happens[coming[0].Type]
}
