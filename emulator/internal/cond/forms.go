package cond

// forms are all forms that an object can have. Their functions reach them through the parser, since Go lets no
// variable refer to itself.
var forms = []*form{
	alone("$and", false, func(p *parser, raw any, path string, depth int) Node {
		return &And{Of: p.list(raw, path, depth)}
	}),
	alone("$or", false, func(p *parser, raw any, path string, depth int) Node {
		return &Or{Of: p.list(raw, path, depth)}
	}),
	alone("$not", false, func(p *parser, raw any, path string, depth int) Node {
		return &Not{Of: p.node(raw, path, depth+1)}
	}),
	{"$state", true, (*parser).compare},
	alone("performed", true, (*parser).performed),
	alone("received", true, (*parser).received),
	alone("subscribed", true, func(p *parser, raw any, path string, _ int) Node {
		return &Subscribed{Group: p.reference(raw, path, "a subscription group")}
	}),
	alone("inSegment", true, func(p *parser, raw any, path string, _ int) Node {
		return &InSegment{Segment: p.reference(raw, path, "a segment")}
	}),
	alone("bucket", true, (*parser).bucket),
}

// alone returns a form that has no other members. The function parse gets the value of its one member.
func alone(name string, term bool, parse func(p *parser, raw any, path string, depth int) Node) *form {
	return &form{name, term, func(p *parser, object map[string]any, path string, depth int) Node {
		p.members(object, path, name)
		return parse(p, object[name], Below(path, name), depth)
	}}
}
