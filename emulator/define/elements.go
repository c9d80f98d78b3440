package define

// elementForm is an element as the JSON has it.
type elementForm struct {
	Type     string    `json:"type"`
	Props    object    `json:"props"`
	Children []string  `json:"children,omitempty"`
	Visible  Condition `json:"visible,omitempty"`
	Repeat   Repeat    `json:"repeat,omitzero"`
}

// encodeElement encodes an element. It leaves out props that are nil.
func encodeElement(form elementForm, style Style, props object) ([]byte, error) {
	form.Props = object{}
	if style != nil {
		form.Props["style"] = style
	}
	for name, value := range props {
		if value != nil {
			form.Props[name] = value
		}
	}
	return encode(form)
}

// HTML is the outermost element. Lang is a language tag, such as en. Dir is LTR, RTL or AutoDirection.
type HTML struct {
	Lang     any
	Dir      any
	Children []string
	Style    Style
	Visible  Condition
	Repeat   Repeat
}

// MarshalJSON encodes {"type": "Html", "props": …}.
func (e HTML) MarshalJSON() ([]byte, error) {
	form := elementForm{"Html", nil, e.Children, e.Visible, e.Repeat}
	return encodeElement(form, e.Style, object{"lang": e.Lang, "dir": e.Dir})
}

func (HTML) element() {}

// Head comes before the Body. A Preview can be in it.
type Head struct {
	Children []string
	Style    Style
	Visible  Condition
	Repeat   Repeat
}

// MarshalJSON encodes {"type": "Head", "props": …}.
func (e Head) MarshalJSON() ([]byte, error) {
	return encodeElement(elementForm{"Head", nil, e.Children, e.Visible, e.Repeat}, e.Style, nil)
}

func (Head) element() {}

// Preview is the text that an inbox shows beside the subject.
type Preview struct {
	Text    any
	Style   Style
	Visible Condition
	Repeat  Repeat
}

// MarshalJSON encodes {"type": "Preview", "props": …}.
func (e Preview) MarshalJSON() ([]byte, error) {
	return encodeElement(elementForm{"Preview", nil, nil, e.Visible, e.Repeat}, e.Style, object{"text": e.Text})
}

func (Preview) element() {}

// Body is the page of the email.
type Body struct {
	Children []string
	Style    Style
	Visible  Condition
	Repeat   Repeat
}

// MarshalJSON encodes {"type": "Body", "props": …}.
func (e Body) MarshalJSON() ([]byte, error) {
	return encodeElement(elementForm{"Body", nil, e.Children, e.Visible, e.Repeat}, e.Style, nil)
}

func (Body) element() {}

// Container is a centred column with a largest width.
type Container struct {
	Children []string
	Style    Style
	Visible  Condition
	Repeat   Repeat
}

// MarshalJSON encodes {"type": "Container", "props": …}.
func (e Container) MarshalJSON() ([]byte, error) {
	return encodeElement(elementForm{"Container", nil, e.Children, e.Visible, e.Repeat}, e.Style, nil)
}

func (Container) element() {}

// Section is a block across the width.
type Section struct {
	Children []string
	Style    Style
	Visible  Condition
	Repeat   Repeat
}

// MarshalJSON encodes {"type": "Section", "props": …}.
func (e Section) MarshalJSON() ([]byte, error) {
	return encodeElement(elementForm{"Section", nil, e.Children, e.Visible, e.Repeat}, e.Style, nil)
}

func (Section) element() {}

// Row places its Columns beside each other.
type Row struct {
	Children []string
	Style    Style
	Visible  Condition
	Repeat   Repeat
}

// MarshalJSON encodes {"type": "Row", "props": …}.
func (e Row) MarshalJSON() ([]byte, error) {
	return encodeElement(elementForm{"Row", nil, e.Children, e.Visible, e.Repeat}, e.Style, nil)
}

func (Row) element() {}

// Column is one column of a Row.
type Column struct {
	Children []string
	Style    Style
	Visible  Condition
	Repeat   Repeat
}

// MarshalJSON encodes {"type": "Column", "props": …}.
func (e Column) MarshalJSON() ([]byte, error) {
	return encodeElement(elementForm{"Column", nil, e.Children, e.Visible, e.Repeat}, e.Style, nil)
}

func (Column) element() {}

// Heading is a heading. As is H1 to H6.
type Heading struct {
	Text    any
	As      any
	Style   Style
	Visible Condition
	Repeat  Repeat
}

// MarshalJSON encodes {"type": "Heading", "props": …}.
func (e Heading) MarshalJSON() ([]byte, error) {
	form := elementForm{"Heading", nil, nil, e.Visible, e.Repeat}
	return encodeElement(form, e.Style, object{"text": e.Text, "as": e.As})
}

func (Heading) element() {}

// Text is a paragraph.
type Text struct {
	Text    any
	Style   Style
	Visible Condition
	Repeat  Repeat
}

// MarshalJSON encodes {"type": "Text", "props": …}.
func (e Text) MarshalJSON() ([]byte, error) {
	return encodeElement(elementForm{"Text", nil, nil, e.Visible, e.Repeat}, e.Style, object{"text": e.Text})
}

func (Text) element() {}

// Link is a link. Href is an http, https, mailto, tel or sms URL, or a #fragment.
type Link struct {
	Text    any
	Href    any
	Style   Style
	Visible Condition
	Repeat  Repeat
}

// MarshalJSON encodes {"type": "Link", "props": …}.
func (e Link) MarshalJSON() ([]byte, error) {
	form := elementForm{"Link", nil, nil, e.Visible, e.Repeat}
	return encodeElement(form, e.Style, object{"text": e.Text, "href": e.Href})
}

func (Link) element() {}

// Button is a link that looks like a button. Href is as in a Link.
type Button struct {
	Text    any
	Href    any
	Style   Style
	Visible Condition
	Repeat  Repeat
}

// MarshalJSON encodes {"type": "Button", "props": …}.
func (e Button) MarshalJSON() ([]byte, error) {
	form := elementForm{"Button", nil, nil, e.Visible, e.Repeat}
	return encodeElement(form, e.Style, object{"text": e.Text, "href": e.Href})
}

func (Button) element() {}

// Image is a picture. Src is an http or https URL.
type Image struct {
	Src     any
	Alt     any
	Width   any
	Height  any
	Style   Style
	Visible Condition
	Repeat  Repeat
}

// MarshalJSON encodes {"type": "Image", "props": …}.
func (e Image) MarshalJSON() ([]byte, error) {
	form := elementForm{"Image", nil, nil, e.Visible, e.Repeat}
	return encodeElement(form, e.Style, object{"src": e.Src, "alt": e.Alt, "width": e.Width, "height": e.Height})
}

func (Image) element() {}

// Hr is a horizontal line.
type Hr struct {
	Style   Style
	Visible Condition
	Repeat  Repeat
}

// MarshalJSON encodes {"type": "Hr", "props": …}.
func (e Hr) MarshalJSON() ([]byte, error) {
	return encodeElement(elementForm{"Hr", nil, nil, e.Visible, e.Repeat}, e.Style, nil)
}

func (Hr) element() {}

// Markdown is text in Markdown, at most 64 KiB.
type Markdown struct {
	Content any
	Style   Style
	Visible Condition
	Repeat  Repeat
}

// MarshalJSON encodes {"type": "Markdown", "props": …}.
func (e Markdown) MarshalJSON() ([]byte, error) {
	form := elementForm{"Markdown", nil, nil, e.Visible, e.Repeat}
	return encodeElement(form, e.Style, object{"content": e.Content})
}

func (Markdown) element() {}
