package emulator_test

import "strings"

// mistakes are seeds with one mistake each, and the problem that is reported: its line, its place and what is right.
var mistakes = []struct{ name, text, want string }{
	{"an unknown field", "users:\n  - {key: u, email: u@a.example,\n     mail: x}",
		"3: /users/0/mail: is not a field; the fields are key, id, email and name"},
	{"an unknown kind",
		"organization: {name: A}\ntemplate: []",
		"2: /template: is not a field; the fields are organization, users, apiKeys"},
	{"a wrong type",
		"users:\n- key: u\n  email: 7",
		"3: /users/0/email: must be text, not a number; put it in quotes"},
	{"a list for an object",
		"organization: []",
		"1: /organization: must be an object with the fields id, name, timezone and postalAddress; not a list"},
	{"an object for a list", "users:\n  {key: u}", "2: /users: must be a list, not an object"},
	{"yes as a boolean",
		"domains: [{domain: a.example, dmarc: yes}]",
		"1: /domains/0/dmarc: must be true or false, not text"},
	{"a field given twice",
		"users:\n- key: u\n  email: u@a.example\n  key: v",
		`4: /users/0/key: is given twice, first on line 2`},
	{"a missing field", "\nusers: [{email: u@a.example}]", "2: /users/0/key: is required"},
	{"a bad email", "users: [{key: u, email: nobody}]", "1: /users/0/email: must be an email address such as"},
	{"a bad value", "subscriptionGroups:\n- key: g\n  policy: Optin",
		`3: /subscriptionGroups/0/policy: must be one of OptIn and OptOut, not "Optin"`},
	{"a bad scope",
		"apiKeys:\n- key: sk_1\n  scopes:\n  - emails:write\n  - email:read",
		"5: /apiKeys/0/scopes/1: must be one of *, emails:read"},
	{"the default key", "apiKeys: [{key: sk_test_emulator}]", "1: /apiKeys/0/key: always exists"},
	{"a bad time zone",
		"organization:\n  timezone: Berlin",
		`2: /organization/timezone: must be an IANA time zone such as Europe/Berlin, not "Berlin"`},
	{"an id that is a number",
		"users:\n- {key: u, email: u@a.example, id: 12}",
		"2: /users/0/id: must be text, not a number"},
	{"an id that is not a UUID", "users:\n- {key: u, email: u@a.example, id: u}", "2: /users/0/id: must be a UUID"},
	{"a key like an id",
		"users:\n- {key: 0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10, email: u@a.example}",
		"2: /users/0/key: must not look like an id"},
	{"a key given twice", "users:\n- {key: u, email: u@a.example}\n- {key: u, email: v@a.example}",
		`3: /users/1/key: "u" is given twice; it is also at /users/0/key`},
	{"two defaults",
		"senderProfiles:\n- {key: a, email: a@a.example, default: true}\n" +
			"- {key: b, email: b@a.example, default: true}",
		"3: /senderProfiles/1/default: only one SenderProfile can be the default; " +
			"another is at /senderProfiles/0/default"},
	{"a reference to an unknown group",
		"subscriptionGroups: [{key: a, policy: OptIn}, {key: b, policy: OptIn}]\nprofiles:\n" +
			"- email: u@a.example\n  subscriptions:\n    c: Subscribed",
		`5: /profiles/0/subscriptions/c: there is no subscriptionGroup "c"; there are a and b`},
	{"an event of an unknown Profile",
		"events:\n- {event: e, profile: u@a.example}",
		`2: /events/0/profile: there is no profile "u@a.example"`},
	{"a duration in months",
		"profiles: [{email: u@a.example}]\nevents:\n- {event: e, profile: u@a.example, occurredAt: -P1M}",
		"3: /events/0/occurredAt: \"-P1M\" is not a duration: months and years have no fixed length"},
	{"an invalid time",
		"profiles: [{email: u@a.example}]\nevents: [{event: e, profile: u@a.example, occurredAt: yesterday}]",
		"2: /events/0/occurredAt: must be an ISO date or date-time such as"},
	{"one external id for two Profiles",
		"profiles:\n- {email: u@a.example, externalId: x}\n- {email: v@a.example, externalId: x}",
		`3: /profiles/1/externalId: belongs to the profile "u@a.example"`},
	{"a template that cannot be rendered", strings.Replace(shopSeed("x"), "type: Text", "type: Txt", 1),
		"6: /templates/0/definition/body/elements/t/type: "},
	{"a segment of two kinds",
		"segments:\n- {key: s, definition: true, members: []}",
		"2: /segments/0/definition: give either a definition or members"},
	{"a bad condition", "segments:\n- key: s\n  definition:\n    $and:\n    - {performed: {event: e, within: P1M}}",
		"5: /segments/0/definition/$and/0/performed/within: "},
	{"a segment that names an unknown group",
		"segments:\n- key: s\n  definition:\n    $or:\n    - {subscribed: g}",
		`5: /segments/0/definition/$or/0/subscribed: there is no SubscriptionGroup "g"`},
	{"a segment that refers to itself",
		"segments:\n- {key: a, definition: {inSegment: b}}\n- {key: b, definition: {inSegment: a}}",
		"2: /segments/0/definition: the Segment refers to itself: a → b → a"},
	{"a journey that cannot be active",
		"journeys:\n- key: j\n  status: Active\n  entry: {type: api}\n  start: m\n  nodes:\n" +
			"  - {id: m, type: email, template: t, next: done}\n  - {id: done, type: exit}",
		"7: /journeys/0/nodes/0/template: "},
	{"a journey without a key",
		"journeys:\n- entry: {type: api}\n  start: done\n  nodes: [{id: done, type: exit}]",
		"2: /journeys/0/key: is required"},
	{"text that is not YAML", "users:\n\t- x", "2: the text is not YAML: found character that cannot start any token"},
	{"two documents", "users: []\n---\nusers: []", "a second document begins here; a seed must be one document"},
	{"a tag", "users: !list []", "1: /users: has the tag !list; write the value without a tag"},
	{"another organization without an id",
		"organizations:\n- users: []",
		"2: /organizations/0/organization/id: is required"},
}

// tenMistakes has one on each line.
const tenMistakes = `
organization: {timezone: Mars/Base}
users: [{key: u, email: nobody}]
apiKeys: [{key: sk_1, scopes: [everything]}]
domains: [{domain: a.example, state: verified}]
senderProfiles: [{key: shop, email: shop@a.example, default: "true"}]
subscriptionGroups: [{key: g, policy: Sometimes}]
templates: [{key: t, purpose: Marketing, senderProfile: shop, definition: {subject: S}}]
segments: [{key: s, definition: {$state: /profile/x, same: 1}}]
journeys: [{key: j, status: On, entry: {type: api}, start: done, nodes: [{id: done, type: exit}]}]
profiles: [{email: u@a.example, subscriptions: {g: Subscribed, h: Subscribed}}]
`

// brokenThings has references to things with mistakes.
const brokenThings = `
templates: [{key: t, purpose: Promotionl, definition: {subject: 7}}]
subscriptionGroups: [{key: g}]
segments: [{key: s, definition: {inSegment: nowhere}}, {key: r, definition: {inSegment: s}}]
newsletters: [{key: n, subscriptionGroup: g, senderProfile: shop, template: t}]
domains: [{domain: a.example, status: good}]
senderProfiles: [{key: shop, email: shop@a.example}]
profiles: [{email: nobody}]
events: [{event: e, profile: nobody}]
journeys:
  - {key: j, status: Active, entry: {type: api}, audience: {inSegment: s}, start: m, nodes: [
     {id: m, type: email, template: t, senderProfile: shop, subscriptionGroup: g, next: done}, {id: done, type: exit}]}
`
