package mail_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

const preheader = `<div style="DISPLAY: none">Soon</div>`

// checked returns an email without flaws, apart from those of the HTML that it is made of.
func checked(html string) mail.Checked {
	return mail.Checked{Subject: "Hello", HTML: preheader + html, Text: "Hello", MaxSubject: 150, MaxHTML: 102 * 1024}
}

// codes returns the codes of an email's flaws, each with the reasons of its places.
func codes(m mail.Checked) []string {
	found := []string{}
	for _, flaw := range mail.Check(m) {
		text := flaw.Code
		for _, place := range flaw.Places {
			text += strings.TrimRight(" | "+place.Why, " |")
		}
		found = append(found, text)
	}
	return found
}

func TestAnEmailIsCheckedAsAWhole(t *testing.T) {
	for name, test := range map[string]struct {
		change func(m *mail.Checked)
		want   []string
	}{
		"nothing wrong":              {func(*mail.Checked) {}, []string{}},
		"text only":                  {func(m *mail.Checked) { m.HTML = "" }, []string{}},
		"no text part":               {func(m *mail.Checked) { m.Text = " \r\n" }, []string{"text_missing"}},
		"as large as allowed":        {func(m *mail.Checked) { m.MaxHTML = len(m.HTML) }, []string{}},
		"a byte too large":           {func(m *mail.Checked) { m.MaxHTML = len(m.HTML) - 1 }, []string{"html_size"}},
		"a subject of 150":           {func(m *mail.Checked) { m.Subject = strings.Repeat("ü", 150) }, []string{}},
		"a subject of 151":           {func(m *mail.Checked) { m.Subject = strings.Repeat("ü", 151) }, []string{"subject_long"}},
		"no preheader":               {func(m *mail.Checked) { m.HTML = "<p>Hello</p>" }, []string{"preheader_missing"}},
		"hidden text after the rest": {func(m *mail.Checked) { m.HTML = "<p>a</p>" + m.HTML }, []string{"preheader_missing"}},
		"hidden by an attribute":     {func(m *mail.Checked) { m.HTML = "<p hidden>a</p>b" }, []string{}},
		"an empty preheader": {
			func(m *mail.Checked) { m.HTML = `<div style="display:none"> &zwnj;&nbsp;</div><p>a</p>` },
			[]string{"preheader_missing"},
		},
		"text in the head": {
			func(m *mail.Checked) { m.HTML = "<title>t</title><style>p{}</style>" + m.HTML }, []string{},
		},
		"consent without a header": {
			func(m *mail.Checked) { m.Consent = true }, []string{"list_unsubscribe_missing"},
		},
		"consent with a header": {func(m *mail.Checked) { m.Consent, m.Unsubscribe = true, true }, []string{}},
		"nested too deeply": {
			func(m *mail.Checked) { m.HTML = strings.Repeat("<div>", 5000) }, []string{"html_nested"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := checked("<p>Hello</p>")
			test.change(&m)
			require.Equal(t, test.want, codes(m))
		})
	}
}

func TestTheLinksAndImagesOfAnEmailAreChecked(t *testing.T) {
	for html, want := range map[string]string{
		`<a href="https://example.com/a?b=1&amp;c=2">a</a>`: "",
		`<a href=" mailto:a@example.com ">a</a>`:            "",
		`<a href="tel:+49301234">a</a>`:                     "",
		`<a href="#top">up</a>`:                             "",
		`<a href="#news">down</a><a name="news"></a>`:       "",
		`<a href="#news">down</a><h2 id="news">News</h2>`:   "",
		`<a id="here">a place</a>`:                          "",
		`<a></a>`:                                           "",
		`<a href="">a</a>`:                                  "link_target | it has no target",
		`<a href=" ">a</a>`:                                 "link_target | it has no target",
		`<a>Track</a>`:                                      "link_target | it has no target",
		`<a href="#">a</a>`:                                 "link_target | # leads to no place",
		`<a href="#nowhere">a</a>`:                          "link_target | no place in the email has this name",
		`<a href="/orders">a</a>`:                           "link_target | the URL is not absolute",
		`<a href="//example.com">a</a>`:                     "link_target | the URL is not absolute",
		`<a href="example.com">a</a>`:                       "link_target | the URL is not absolute",
		`<a href="JavaScript:alert(1)">a</a>`:               "link_target | the URL does not work in email",
		`<a href="https://">a</a>`:                          "link_target | the URL does not work in email",
		`<map><area href="#"></map>`:                        "link_target | # leads to no place",
		`<a href="">a</a><a href="#">b</a>`: "link_target | it has no target | " +
			"# leads to no place",
		`<!-- <a href="">a</a> --><noscript><a href="#">b</a></noscript>`: "link_target | # leads to no place",

		`<img src="https://example.com/a.png" alt="A">`: "",
		`<img src="https://example.com/a.png" alt="">`:  "",
		`<img src="https://example.com/a.png">`:         "image_alt",
		`<img alt="A">`:                                 "image_source | it has no src",
		`<img alt="A" src="a.png">`:                     "image_source | the URL is not absolute",
		`<img alt="A" src="//example.com/a.png">`:       "image_source | the URL is not absolute",
		`<img alt="A" src="data:image/png;base64,AA">`:  "image_source | many mail programs do not show data: URLs",
		`<img alt="A" src="cid:logo">`:                  "image_source | the URL does not work in email",
		`<img alt="A" src="file:///a.png">`:             "image_source | the URL does not work in email",
	} {
		found := codes(checked("<p>Hello</p>" + html))
		require.Equal(t, want, strings.Join(found, "; "), html)
	}
}

func TestAFlawSaysWhereItIs(t *testing.T) {
	flaws := mail.Check(checked(`<a href="https://a.example">one</a><img src="https://a.example/1.png" alt="1">
		<a href="#"><b>two</b> <img src="2.png" alt="pixels"></a><a>three</a>`))
	require.Len(t, flaws, 2)
	require.Equal(t, []mail.FlawPlace{
		{Number: 2, Text: "two pixels", URL: "#", Why: "# leads to no place"},
		{Number: 0, Text: "three", Why: "it has no target"},
	}, flaws[0].Places)
	require.Equal(t, []mail.FlawPlace{
		{Number: 2, Text: "pixels", URL: "2.png", Why: "the URL is not absolute"},
	}, flaws[1].Places)
}

func TestAFlawListsItsFirstPlaces(t *testing.T) {
	flaws := mail.Check(checked(strings.Repeat(`<a href="#">a</a>`, 500)))
	require.Len(t, flaws, 1)
	require.Equal(t, 500, flaws[0].Count)
	require.Len(t, flaws[0].Places, 20)
	require.Equal(t, 20, flaws[0].Places[19].Number)
}
