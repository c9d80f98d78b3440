package cond

// Parse turns a value from [Decode] into a condition. It returns all findings. If
// there are any, the condition is nil. The value must not be changed afterwards.
func Parse(raw any) (*Cond, []Finding) {
	p := parser{forms: forms}
	root := p.node(raw, "", 0)
	if fault := p.size.Fault(); p.size.Terms > maxTerms {
		p.add("", "the condition %s; move parts of it into a property or an event", fault)
	}
	if len(p.findings) > 0 {
		return nil, p.findings
	}

	c := &Cond{raw: raw, root: root, size: p.size}
	root.reads(&c.deps, false)
	c.deps.tidy()
	return c, nil
}

// ParseJSON calls [Decode] and then [Parse]. For input that is not JSON it returns
// a finding at the document itself.
func ParseJSON(raw []byte) (*Cond, []Finding) {
	value, err := Decode(raw)
	if err != nil {
		return nil, []Finding{{Message: err.Error()}}
	}
	return Parse(value)
}
