package cond

// Parse checks a value as [Decode] returns it and makes a condition of it. The
// condition is nil when there are findings; all of them are returned. The
// value must not be changed afterwards.
func Parse(raw any) (*Cond, []Finding) {
	p := parser{forms: forms}
	root := p.node(raw, "", 0)
	if fault := p.size.Fault(); p.size.Terms > maxTerms {
		p.add("", "the condition %s; move parts into a property or an event of their own", fault)
	}
	if len(p.findings) > 0 {
		return nil, p.findings
	}
	c := &Cond{raw: raw, root: root, size: p.size}
	root.reads(&c.deps, false)
	c.deps.tidy()
	return c, nil
}

// ParseJSON is [Decode] and [Parse] in one; input that is not JSON is a finding
// at the document itself.
func ParseJSON(raw []byte) (*Cond, []Finding) {
	value, err := Decode(raw)
	if err != nil {
		return nil, []Finding{{Message: err.Error()}}
	}
	return Parse(value)
}
