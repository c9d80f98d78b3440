package journey_test

import "testing"

func TestParseRefusesWrongShapesOfAnEmail(t *testing.T) {
	const email = `"id": "a", "type": "email", "template": "receipt"`
	for name, c := range map[string]struct{ members, path string }{
		"an email without template":            {`"id": "a", "type": "email"`, "/template"},
		"an email's group is null":             {email + `, "subscriptionGroup": null`, "/subscriptionGroup"},
		"an email's sender is empty":           {email + `, "senderProfile": ""`, "/senderProfile"},
		"an email's subject is empty":          {email + `, "subject": ""`, "/subject"},
		"an email's subject is a list":         {email + `, "subject": ["a"]`, "/subject"},
		"an email's subject is unclosed":       {email + `, "subject": "Hi ${/profile/firstName"`, "/subject"},
		"an email's subject is an object":      {email + `, "subject": {"$item": "a"}`, "/subject/$item"},
		"an email skips on failure":            {email + `, "onFailure": "skip"`, "/onFailure"},
		"an email continues when unsubscribed": {email + `, "onUnsubscribed": "continue"`, "/onUnsubscribed"},
		"an email's unknown member":            {email + `, "to": "a@b.example"`, "/to"},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, nodes(`{`+c.members+`}`), "/nodes/0"+c.path) })
	}
}

func TestParseRefusesWrongShapesOfADelay(t *testing.T) {
	for name, c := range map[string]struct{ members, path string }{
		"a delay without a kind": {`"id": "a", "type": "delay"`, ""},
		"a delay of two kinds": {
			`"id": "a", "type": "delay", "for": "P1D", "untilLocal": {"hour": 1, "minute": 1}`, "",
		},
		"a delay for a month":         {`"id": "a", "type": "delay", "for": "P1M"`, "/for"},
		"a delay for a negative time": {`"id": "a", "type": "delay", "for": "-P1D"`, "/for"},
		"a delay for a number":        {`"id": "a", "type": "delay", "for": 3`, "/for"},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, nodes(`{`+c.members+`}`), "/nodes/0"+c.path) })
	}
}

func TestParseRefusesWrongShapesOfALocalTime(t *testing.T) {
	for name, c := range map[string]struct{ members, path string }{
		"a local time is a word": {`"id": "a", "type": "delay", "untilLocal": "09:00"`, "/untilLocal"},
		"a local time without hour": {
			`"id": "a", "type": "delay", "untilLocal": {"minute": 0}`, "/untilLocal/hour",
		},
		"a local time without minute": {
			`"id": "a", "type": "delay", "untilLocal": {"hour": 0}`, "/untilLocal/minute",
		},
		"an hour 24": {`"id": "a", "type": "delay", "untilLocal": {"hour": 24, "minute": 0}`, "/untilLocal/hour"},
		"a negative hour": {
			`"id": "a", "type": "delay", "untilLocal": {"hour": -1, "minute": 0}`, "/untilLocal/hour",
		},
		"a fraction of an hour": {
			`"id": "a", "type": "delay", "untilLocal": {"hour": 9.5, "minute": 0}`, "/untilLocal/hour",
		},
		"a minute in a string": {
			`"id": "a", "type": "delay", "untilLocal": {"hour": 9, "minute": "0"}`, "/untilLocal/minute",
		},
		"no day": {
			`"id": "a", "type": "delay", "untilLocal": {"hour": 9, "minute": 0, "days": []}`, "/untilLocal/days",
		},
		"a day 7": {
			`"id": "a", "type": "delay", "untilLocal": {"hour": 9, "minute": 0, "days": [0, 7]}`, "/untilLocal/days/1",
		},
		"a zone that does not exist": {
			`"id": "a", "type": "delay", "untilLocal": {"hour": 9, "minute": 0, "timezone": "Berlin"}`,
			"/untilLocal/timezone",
		},
		"the machine's zone": {
			`"id": "a", "type": "delay", "untilLocal": {"hour": 9, "minute": 0, "timezone": "Local"}`,
			"/untilLocal/timezone",
		},
		"an unknown member of untilLocal": {
			`"id": "a", "type": "delay", "untilLocal": {"hour": 9, "minute": 0, "second": 1}`, "/untilLocal/second",
		},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, nodes(`{`+c.members+`}`), "/nodes/0"+c.path) })
	}
}

func TestParseRefusesWrongShapesOfAnUntilProperty(t *testing.T) {
	for name, c := range map[string]struct{ members, path string }{
		"a property is a word": {
			`"id": "a", "type": "delay", "untilProperty": "/profile/x"`, "/untilProperty",
		},
		"a property without path": {`"id": "a", "type": "delay", "untilProperty": {}`, "/untilProperty/path"},
		"a property's offset": {
			`"id": "a", "type": "delay", "untilProperty": {"path": "/profile/x", "offset": "--P1D"}`,
			"/untilProperty/offset",
		},
		"a property skips when missing": {
			`"id": "a", "type": "delay", "untilProperty": {"path": "/profile/x", "ifMissing": "skip"}`,
			"/untilProperty/ifMissing",
		},
		"a property skips when past": {
			`"id": "a", "type": "delay", "untilProperty": {"path": "/profile/x", "ifPast": "skip"}`,
			"/untilProperty/ifPast",
		},
		"an unknown member of a property": {
			`"id": "a", "type": "delay", "untilProperty": {"path": "/profile/x", "if": 1}`, "/untilProperty/if",
		},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, nodes(`{`+c.members+`}`), "/nodes/0"+c.path) })
	}
}

func TestParseRefusesWrongShapesOfAWait(t *testing.T) {
	for name, c := range map[string]struct{ members, path string }{
		"a wait without branches": {`"id": "a", "type": "waitFor"`, "/branches"},
		"a wait with no branches": {`"id": "a", "type": "waitFor", "branches": []`, "/branches"},
		"a wait's branch is a word": {
			`"id": "a", "type": "waitFor", "branches": ["e"]`, "/branches/0",
		},
		"a wait's branch without id": {
			`"id": "a", "type": "waitFor", "branches": [{"event": "e"}]`, "/branches/0/id",
		},
		"a wait's branch without event and condition": {
			`"id": "a", "type": "waitFor", "branches": [{"id": "x"}]`, "/branches/0",
		},
		"a wait's branch with both": {
			`"id": "a", "type": "waitFor", "branches": [{"id": "x", "event": "e", "condition": true}]`, "/branches/0",
		},
		"a wait's branch with a matchKey": {
			`"id": "a", "type": "waitFor", "branches": [{"id": "x", "event": "e", "matchKey": true}]`,
			"/branches/0/matchKey",
		},
		"a wait's filter": {
			`"id": "a", "type": "waitFor", "branches": [{"id": "x", "event": "e", "filter": 1}]`, "/branches/0/filter",
		},
		"a wait's timeout": {
			`"id": "a", "type": "waitFor", "branches": [{"id": "x", "event": "e"}], "timeout": "1d"`, "/timeout",
		},
		"a wait since ever": {
			`"id": "a", "type": "waitFor", "branches": [{"id": "x", "event": "e"}], "since": "ever"`, "/since",
		},
		"a wait's unknown member": {
			`"id": "a", "type": "waitFor", "branches": [{"id": "x", "event": "e"}], "default": "end"`, "/default",
		},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, nodes(`{`+c.members+`}`), "/nodes/0"+c.path) })
	}
}

func TestParseRefusesWrongShapesOfABranchOrACohort(t *testing.T) {
	for name, c := range map[string]struct{ members, path string }{
		"a branch without paths":        {`"id": "a", "type": "branch"`, "/paths"},
		"a branch's paths in an object": {`"id": "a", "type": "branch", "paths": {}`, "/paths"},
		"a path without condition":      {`"id": "a", "type": "branch", "paths": [{"id": "p"}]`, "/paths/0/when"},
		"a path's condition": {
			`"id": "a", "type": "branch", "paths": [{"id": "p", "when": {"$and": []}}]`, "/paths/0/when/$and",
		},
		"a path without id": {`"id": "a", "type": "branch", "paths": [{"when": true}]`, "/paths/0/id"},
		"a path's unknown member": {
			`"id": "a", "type": "branch", "paths": [{"id": "p", "when": true, "if": 1}]`, "/paths/0/if",
		},

		"a cohort without arms": {`"id": "a", "type": "randomCohort"`, "/arms"},
		"an arm without percent": {
			`"id": "a", "type": "randomCohort", "arms": [{"id": "x"}]`, "/arms/0/percent",
		},
		"an arm of 101 per cent": {
			`"id": "a", "type": "randomCohort", "arms": [{"id": "x", "percent": 101}]`, "/arms/0/percent",
		},
		"an arm of three decimals": {
			`"id": "a", "type": "randomCohort", "arms": [{"id": "x", "percent": 33.333}]`, "/arms/0/percent",
		},
		"an arm of a huge percent": {
			`"id": "a", "type": "randomCohort", "arms": [{"id": "x", "percent": 1e400}]`, "/arms/0/percent",
		},
		"an arm of a negative percent": {
			`"id": "a", "type": "randomCohort", "arms": [{"id": "x", "percent": -1}]`, "/arms/0/percent",
		},
		"an arm's percent in a string": {
			`"id": "a", "type": "randomCohort", "arms": [{"id": "x", "percent": "100"}]`, "/arms/0/percent",
		},
		"a cohort that sticks to email": {
			`"id": "a", "type": "randomCohort", "arms": [{"id": "x", "percent": 100}], "sticky": "email"`, "/sticky",
		},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, nodes(`{`+c.members+`}`), "/nodes/0"+c.path) })
	}
}

func TestParseRefusesWrongShapesOfValues(t *testing.T) {
	for name, c := range map[string]struct{ members, path string }{
		"a property without set":         {`"id": "a", "type": "setProperty"`, "/set"},
		"a property with nothing to set": {`"id": "a", "type": "setProperty", "set": {}`, "/set"},
		"a set that is an expression": {
			`"id": "a", "type": "setProperty", "set": {"$state": "/event"}`, "/set/$state",
		},
		"a set of the Profile's email": {
			`"id": "a", "type": "setProperty", "set": {"email": "a@b.example"}`, "/set/email",
		},
		"a set of an empty name": {`"id": "a", "type": "setProperty", "set": {"": 1}`, "/set/"},
		"a set that counts": {
			`"id": "a", "type": "setProperty", "set": {"n": {"$computed": "count"}}`, "/set/n/$computed",
		},
		"a set of an unknown pointer": {
			`"id": "a", "type": "setProperty", "set": {"n": {"$state": 1}}`, "/set/n/$state",
		},
		"a set with more than a pointer": {
			`"id": "a", "type": "setProperty", "set": {"n": {"$state": "/event/n", "eq": 1}}`, "/set/n/eq",
		},
		"a choice without a then": {
			`"id": "a", "type": "setProperty", "set": {"n": {"$cond": true, "$else": 1}}`, "/set/n/$then",
		},
		"a choice's condition": {
			`"id": "a", "type": "setProperty", "set": {"n": {"$cond": 1, "$then": 1}}`, "/set/n/$cond",
		},
		"a template of a number": {
			`"id": "a", "type": "setProperty", "set": {"n": {"$template": 1}}`, "/set/n/$template",
		},
		"a template's pointer": {
			`"id": "a", "type": "setProperty", "set": {"n": {"$template": "${}"}}`, "/set/n/$template",
		},
		"an expression deep in a list": {
			`"id": "a", "type": "setProperty", "set": {"n": [{"m": {"$index": true}}]}`, "/set/n/0/m/$index",
		},

		"an emission without event":    {`"id": "a", "type": "emitEvent"`, "/event"},
		"an emission's data is a word": {`"id": "a", "type": "emitEvent", "event": "e", "data": "d"`, "/data"},
		"an emission's data is null":   {`"id": "a", "type": "emitEvent", "event": "e", "data": null`, "/data"},
		"an emission's data is text": {
			`"id": "a", "type": "emitEvent", "event": "e", "data": {"$template": "x"}`, "/data",
		},
		"an emission's data is unknown": {
			`"id": "a", "type": "emitEvent", "event": "e", "data": {"a": {"$item": "x"}}`, "/data/a/$item",
		},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, nodes(`{`+c.members+`}`), "/nodes/0"+c.path) })
	}
}
