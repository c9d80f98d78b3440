package render

// textNode emits the text part of an element: paragraphs with a blank line between them, the columns of a row on one
// line, and links with their URL.
func (b *builder) textNode(n *node) {
	b.element(n, func(b *builder) {
		if n.inRow() && n.element.role != inbox {
			b.add(op{kind: opColumn, body: build(func(b *builder) { n.element.text(b, n) })})
			return
		}
		n.element.text(b, n)
	})
}

func (b *builder) textChildren(n *node) {
	for _, child := range n.children {
		b.textNode(child)
	}
}

func (b *builder) paragraph(emit func()) {
	b.gap(2)
	emit()
	b.gap(2)
}

func (b *builder) textRow(n *node) {
	b.add(op{kind: opRow, body: build(func(b *builder) { b.textChildren(n) })})
}

func (b *builder) textText(n *node) {
	b.paragraph(func() { b.value(n.props["text"], plain) })
}

func (b *builder) textHr(*node) {
	b.paragraph(func() { b.lit(dashes) })
}

func (b *builder) textMarkdown(n *node) {
	b.paragraph(func() { b.markdown(n.props["content"], plain) })
}

func (b *builder) textLink(n *node) {
	b.paragraph(func() {
		b.linkOps(
			build(func(b *builder) { b.value(n.props["text"], plain) }),
			build(func(b *builder) { b.value(n.props["href"], inURL) }),
		)
	})
}
