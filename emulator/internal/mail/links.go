package mail

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Link is a link that the recipient can follow: its URL and its text. White space in the text is collapsed. The text
// of an image is its alternative text.
type Link struct {
	Text string
	URL  string
}

// LinksIn returns the links of an email: those of its HTML, or if it has only text, the URLs in that.
func LinksIn(document, text string) []Link {
	if document != "" {
		return Links(document)
	}
	var links []Link
	for _, url := range URLs(text) {
		links = append(links, Link{Text: url, URL: url})
	}
	return links
}

// Links returns every <a href> of an HTML document in document order, with entities decoded.
func Links(document string) []Link {
	// Email clients run no scripts, so they show the content of <noscript>.
	root, err := html.ParseWithOptions(strings.NewReader(document), html.ParseOptionEnableScripting(false))
	if err != nil {
		// The parser only refuses a document that is nested far too deeply. No recipient could follow a link in it.
		return nil
	}
	var links []Link
	for node := range root.Descendants() {
		if node.DataAtom != atom.A {
			continue
		}
		if url, ok := attribute(node, "href"); ok {
			links = append(links, Link{Text: label(node), URL: strings.TrimSpace(url)})
		}
	}
	return links
}

func label(node *html.Node) string {
	var text strings.Builder
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			text.WriteString(inner.Data)
		}
		switch inner.DataAtom {
		case atom.Img:
			alt, _ := attribute(inner, "alt")
			text.WriteString(alt)
		case atom.Br, atom.Div, atom.P, atom.Td:
			text.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

func attribute(node *html.Node, name string) (string, bool) {
	for _, attr := range node.Attr {
		if attr.Key == name {
			return attr.Val, true
		}
	}
	return "", false
}

// Rewrite returns an HTML document in which rewrite has replaced every <a href>. Everything else keeps its bytes, and
// so does a link that rewrite returns unchanged.
func Rewrite(document string, rewrite func(url string) string) string {
	var out strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(document))
	for tokens.Next() != html.ErrorToken {
		raw := string(tokens.Raw()) // before Token, which changes the bytes to lower case
		token := tokens.Token()
		if token.DataAtom == atom.Noscript {
			tokens.NextIsNotRawText() // email clients run no scripts, so they show what is in it
		}
		if token.Type == html.StartTagToken && token.DataAtom == atom.A && rewriteHref(&token, rewrite) {
			raw = token.String()
		}
		out.WriteString(raw)
	}
	out.Write(tokens.Raw()) // the rest of an unfinished tag at the end
	return out.String()
}

func rewriteHref(token *html.Token, rewrite func(url string) string) bool {
	for i, attr := range token.Attr {
		if attr.Key != "href" {
			continue
		}
		old := strings.TrimSpace(attr.Val)
		token.Attr[i].Val = rewrite(old)
		return token.Attr[i].Val != old
	}
	return false
}
