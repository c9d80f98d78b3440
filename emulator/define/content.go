package define

// Content is the definition of a Template. It has either a Body, or HTML and Text.
type Content struct {
	// From and ReplyTo are a bare address or Name <address>. A SenderProfile takes precedence over From.
	From    string `json:"from,omitempty"`
	ReplyTo string `json:"replyTo,omitempty"`
	// Subject and Preheader are text with bindings, such as "Your order ${/data/orderId}", or a State or an If. An
	// email whose subject is empty fails. A Preview element takes precedence over the Preheader.
	Subject   any  `json:"subject,omitempty"`
	Preheader any  `json:"preheader,omitempty"`
	Body      Tree `json:"body,omitzero"`
	// HTML and Text are kept as they are. Bindings in them, such as ${/profile/firstName}, are filled in and escaped.
	// Without a Text, it is made from the HTML.
	HTML            string         `json:"html,omitempty"`
	Text            string         `json:"text,omitempty"`
	RenderVariables map[string]any `json:"renderVariables,omitempty"` // stored as given
	// Sensitive are pointers below /data, such as /data/resetUrl, whose values are in the email and are stored nowhere
	// else.
	Sensitive []string `json:"sensitiveTransactionalVariablePaths,omitempty"`
}

// Tree is the body of a Template: elements by keys of your choice, at most 2 000. Root is the key of the outermost
// element. Each other element is named by the Children of exactly one.
type Tree struct {
	Root     string   `json:"root,omitempty"`
	Elements Elements `json:"elements,omitempty"`
}

// Elements are the elements of a Tree by their keys.
type Elements map[string]Element

// Element is one element of a Template. HTML, Head, Body, Container, Section, Row and Column have Children. Preview,
// Heading, Text, Link, Button, Image, Hr and Markdown have none.
//
// A field of type any takes a literal or an expression, such as Template("Hi ${/profile/firstName}"). A missing value
// becomes nothing, and is recorded in Message.Missing. Numbers and booleans become text, lists are joined by commas,
// and everything is escaped.
//
// Every element has a Style; a condition for it to be Visible; and a Repeat, which repeats it.
type Element interface{ element() }

// Repeat repeats an element for each item of a list. Item and Index are about the current item.
type Repeat struct {
	StatePath string `json:"statePath,omitempty"` // a pointer to the list, such as /data/lines
	Key       string `json:"key,omitempty"`       // the field that identifies an item
}

// The directions of text.
const (
	LTR = "ltr" // from left to right
	RTL = "rtl" // from right to left

	AutoDirection = "auto" // as the text itself
)

// The levels of a Heading.
const (
	H1 = "h1"
	H2 = "h2"
	H3 = "h3"
	H4 = "h4"
	H5 = "h5"
	H6 = "h6"
)
