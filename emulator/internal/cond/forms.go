package cond

// forms lists all forms that an object can have. Their functions get the list
// from the parser, because a Go variable cannot refer to itself when it is
// initialized.
var forms = []*form{
	onlyMember("$and", false, func(p *parser, raw any, path string, depth int) Node {
		return &And{Of: p.list(raw, path, depth)}
	}),
	onlyMember("$or", false, func(p *parser, raw any, path string, depth int) Node {
		return &Or{Of: p.list(raw, path, depth)}
	}),
	onlyMember("$not", false, func(p *parser, raw any, path string, depth int) Node {
		return &Not{Of: p.node(raw, path, depth+1)}
	}),
	{"$state", true, (*parser).compare},
	onlyMember("performed", true, (*parser).performed),
	onlyMember("received", true, (*parser).received),
	onlyMember("subscribed", true, func(p *parser, raw any, path string, _ int) Node {
		return &Subscribed{Group: p.reference(raw, path, "a subscription group")}
	}),
	onlyMember("inSegment", true, func(p *parser, raw any, path string, _ int) Node {
		return &InSegment{Segment: p.reference(raw, path, "a segment")}
	}),
	onlyMember("bucket", true, (*parser).bucket),
}

// onlyMember returns a form whose object has one member only. The function parse gets
// the value of that member.
func onlyMember(name string, term bool, parse func(p *parser, raw any, path string, depth int) Node) *form {
	return &form{
		name: name,
		term: term,
		parse: func(p *parser, object map[string]any, path string, depth int) Node {
			p.members(object, path, name)
			return parse(p, object[name], Below(path, name), depth)
		},
	}
}
