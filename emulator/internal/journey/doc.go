// Package journey is the journey language: it parses a definition, says
// everything that is wrong with it, and takes a run one step at a time. It is
// pure. It reads no clock (now is [cond.Env]'s), keeps nothing and writes
// nothing: every function returns what should happen, an [Effect], and the
// caller commits that together with the run's state.
//
// # Standing and going on
//
// A run reaches a node through [Definition.Arrive]. The effect either names the
// next node, ends the run, or has neither: then the run stands still, and goes
// on when its timer fires ([Definition.Fire]), when a UserEvent or a change of
// the Profile ends a wait ([Definition.OfferEvent], [Definition.OfferState]), or
// when its email has ended ([Definition.AfterEmail]).
//
// # Time
//
// A timer due at T fires before an event received at T. A wait that is offered
// something at or after the end of its timeout therefore answers with its
// timeout. Local times are resolved with the zone's offset before a gap and with
// the first pass of an overlap.
package journey

// No two files use each other. A file uses those on the lines above its own, and those before it on its line:
//
//	reader, state, step, local    how a document is read, what a run knows, what a step asks for
//	value, checker, references    expressions, and what the check of a node may ask
//	definition                    the structs of the language, and the interface of the node types
//	node_*, admit, exit           what each node type does, and how a run begins and how it ends early
//	node, entry                   the tables of node types and of entry types
//	graph, check, parse           the whole document
