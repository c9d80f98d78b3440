package render

// textNode emits the text part of an element: paragraphs with a blank line between them, columns of a row on one
// line, links with their address.
func (b *builder) textNode(n *node, parent string) {
	b.element(n, func(b *builder) {
		if parent == "Row" && n.kind != "Preview" {
			b.add(op{kind: opColumn, body: build(func(b *builder) { b.textContent(n) })})
			return
		}
		b.textContent(n)
	})
}

func (b *builder) textContent(n *node) {
	switch n.kind {
	case "Heading", "Text":
		b.paragraph(func() { b.value(n.props["text"], plain) })
	case "Link", "Button":
		b.paragraph(func() { b.textLink(n.props["text"], n.props["href"]) })
	case "Hr":
		b.paragraph(func() { b.lit(dashes) })
	case "Markdown":
		b.paragraph(func() { b.markdown(n.props["content"], plain) })
	case "Row":
		b.add(op{kind: opRow, body: build(func(b *builder) { b.textChildren(n) })})
	case "Image", "Preview":
	default:
		b.textChildren(n)
	}
}

func (b *builder) textChildren(n *node) {
	for _, c := range n.children {
		b.textNode(c, n.kind)
	}
}

func (b *builder) paragraph(emit func()) {
	b.gap(2)
	emit()
	b.gap(2)
}

func (b *builder) textLink(label, href *value) {
	b.linkOps(
		build(func(b *builder) { b.value(label, plain) }),
		build(func(b *builder) { b.value(href, plain) }),
	)
}

func (b *builder) linkOps(label, href []op) {
	if text, ok := fixed(label); ok {
		if url, ok := fixed(href); ok {
			b.lit(linkText(text, url))
			return
		}
	}
	b.add(op{kind: opLink, body: label, value: href})
}

// fixed gives what ops write when that depends on nothing.
func fixed(ops []op) (string, bool) {
	switch {
	case len(ops) == 0:
		return "", true
	case len(ops) == 1 && ops[0].kind == opText:
		return ops[0].text, true
	}
	return "", false
}
