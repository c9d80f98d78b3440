// Package journey is the journey language. It parses a definition, reports
// everything that is wrong with it, and moves a run one step at a time. It is pure:
// it reads no clock (the time is in [cond.Env]), stores nothing and writes nothing.
// Every function returns what should happen, an [Effect]. The caller commits that
// together with the run's state.
//
// # Waiting and moving on
//
// A run reaches a node through [Definition.Arrive]. The effect either names the
// next node, or ends the run, or does neither. In the last case the run waits at
// the node. It moves on when its timer fires ([Definition.Fire]), when a UserEvent
// or a change of the Profile ends a wait ([Definition.OfferEvent],
// [Definition.OfferState]), or when its email has ended ([Definition.AfterEmail]).
//
// # Time
//
// A timer due at T fires before an event received at T. A wait that is offered an
// event or a change at or after the end of its timeout therefore ends by its
// timeout. A local time in a gap is resolved with the zone's offset before the gap.
// A local time that occurs twice is the first of the two.
package journey

// No two files use each other. A file uses only those on the lines above its own, and
// those before it on its line:
//
//	reader, state, step, local    reading a document, the state of a run, input and effect of a step
//	value, checker, references    expressions, and what the check of a node may look up
//	definition                    the structs of the language, and the interface of the node types
//	node_*, admit, exit           what each node type does, how a run begins, and how it ends early
//	node, entry                   the tables of node types and of entry types
//	graph, check, parse           the whole document
