// Package define has the parts of a seed as Go values: the definitions of Templates and Segments, and the entry, the
// conditions, the exit rules and the nodes of a Journey. A seed takes any value that marshals to the right JSON; the
// types of this package do, and an editor completes them.
//
//	emulator.SeedJourney{
//		Key:    "trial",
//		Status: "Active",
//		Entry:  define.OnEvent{Event: "trial.started", Key: "/event/trialId"},
//		Start:  "welcome",
//		Nodes: define.Nodes{
//			define.Email{ID: "welcome", Template: "welcome", Next: "wait"},
//			define.Delay{ID: "wait", For: 3 * define.Day, Next: "tier"},
//			define.Branch{
//				ID:      "tier",
//				Paths:   []define.Path{{ID: "gold", When: define.State("/profile/tier").Eq("gold"), Next: "done"}},
//				Default: "reminder",
//			},
//			define.Email{ID: "reminder", Template: "reminder", Next: "done"},
//			define.Exit{ID: "done"},
//		},
//	}
//
// The names are those of the JSON. A field that is left out is left out of the JSON too, and has the default that its
// comment names. Where another kind of value can stand, the type is an interface that only types of this package
// implement, such as Condition, Node, Element, Entry and Style. So a wrong kind does not compile.
//
// The package has only data. Nothing is checked here: Emulator.Seed checks a seed and reports each mistake with its
// path, such as /journeys/0/nodes/1/for. A reference, such as the Template of an Email, is a key or an id.
//
// # State
//
// Templates and conditions read one state. A pointer, such as /data/order/id, leads to a value in it. In a pointer ~1
// stands for / and ~0 for ~. Reading what does not exist is no error: the value is missing.
//
//	/data/*                  the data of a send, or the variables of a triggered run
//	/event/*                 the data of the UserEvent that started the run
//	/profile/*               id, email, externalId, phone and the properties of the Profile, as they are now
//	/steps/<node>/event/*    the data of the event that ended the wait at a node
//	/system/*                unsubscribeUrl, preferencesUrl, sender/name, sender/email, organization/name
package define
