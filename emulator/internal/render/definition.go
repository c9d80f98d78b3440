package render

import "strings"

// definition parses a whole definition. Its result is only valid if there are no findings.
func (p *parser) definition(raw any) *Template {
	doc, ok := raw.(map[string]any)
	if !ok {
		p.report("", "must be an object with subject and body")
		return nil
	}
	p.members(doc, "", "from", "replyTo", "subject", "preheader", "body", "html", "text", "renderVariables",
		"sensitiveTransactionalVariablePaths")

	t := &Template{
		from:      p.text(doc, "from"),
		replyTo:   p.text(doc, "replyTo"),
		sensitive: p.sensitive(doc["sensitiveTransactionalVariablePaths"]),
	}

	subject := p.headerLine(doc["subject"], "subject")
	preheader := p.headerLine(doc["preheader"], "preheader")
	root := p.body(doc["body"])

	html, text := p.text(doc, "html"), p.text(doc, "text")
	if doc["body"] != nil && (html != "" || text != "") {
		p.report("/body", "a Template has either a body or inline html and text; remove one of them")
	}
	inlineHTML, inlineText := p.inlinePart(html, "html"), p.inlinePart(text, "text")
	if len(p.findings) > 0 {
		return nil
	}

	words, static := subject.static()
	t.complete.subject = !static || strings.TrimSpace(words) != ""
	t.complete.body = root != nil || html != "" || text != ""
	t.subject = build(func(b *builder) { b.value(subject, line) })
	t.preheader = build(func(b *builder) { b.value(preheader, line) })
	if root != nil {
		t.tree(root)
	} else {
		t.inline(inlineHTML, inlineText, text != "")
	}
	return t
}

// text reads an optional member that must be a string.
func (p *parser) text(doc map[string]any, name string) string {
	text, ok := doc[name].(string)
	if !ok && doc[name] != nil {
		p.report("/"+name, "must be a string")
	}
	return text
}

// headerLine parses the subject or the preheader. A plain string is a template.
func (p *parser) headerLine(raw any, name string) *value {
	p.element, p.prop = "", name
	switch raw := raw.(type) {
	case nil:
		return &value{}
	case string:
		return p.template(raw, "/"+name)
	case map[string]any:
		return p.expression(raw, "/"+name, false)
	default:
		p.report("/"+name, "must be a string or one of "+expressions)
		return &value{}
	}
}

func (p *parser) inlinePart(text, name string) *value {
	p.element, p.prop = "", name
	return p.inline(text, "/"+name)
}

func (p *parser) sensitive(raw any) []string {
	const at = "/sensitiveTransactionalVariablePaths"
	if raw == nil {
		return nil
	}
	paths, ok := raw.([]any)
	if !ok {
		p.report(at, "must be a list of pointers below /data")
		return nil
	}
	var known []string
	for i, each := range paths {
		pointer := p.pointer(each, nth(at, i))
		if len(pointer) > 0 && (pointer[0] != "data" || len(pointer) == 1) {
			p.report(nth(at, i), "must be a pointer below /data, such as /data/resetUrl")
		}
		known = append(known, pointer.String())
	}
	return known
}
