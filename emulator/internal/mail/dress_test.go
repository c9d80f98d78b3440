package mail_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

func TestAFrameShowsTheDesignThatTheReaderAsksFor(t *testing.T) {
	const own = `<!-- c --><!DOCTYPE html><style>@media ( PREFERS-color-scheme : dark ) {p{color:#fff}}` +
		`@media (prefers-color-scheme:light) {p{color:#000}}</style>`
	require.True(t, mail.HasDarkDesign(own))
	require.False(t, mail.HasDarkDesign("<p>prefers-color-scheme: dark</p>"))
	for _, c := range []struct {
		name, html string
		dark       bool
		want       string
	}{
		{"light", own, false, `<!-- c --><!DOCTYPE html><base target="_blank"><style>:root { color-scheme: light; }` +
			`</style><style>@media (max-width: 0) {p{color:#fff}}@media (min-width: 0) {p{color:#000}}</style>`},
		{"dark", own, true, `<!-- c --><!DOCTYPE html><base target="_blank"><style>:root { color-scheme: dark ` +
			`!important; }</style><style>@media (min-width: 0) {p{color:#fff}}@media (max-width: 0) {p{color:#000}}` +
			`</style>`},
		{"without a dark design", "<p>", true, `<base target="_blank"><style>html { background: #fff !important; ` +
			`filter: invert(1) hue-rotate(180deg) !important; } img, video { filter: invert(1) hue-rotate(180deg) ` +
			`!important; }</style><p>`},
	} {
		require.Equal(t, c.want, mail.Dress(c.html, c.dark), c.name)
	}
}

func TestImagesOnOtherHostsAreFound(t *testing.T) {
	near := func(host string) bool { return host == "near.example" }
	for html, want := range map[string]bool{
		`<img src="https://a.example/x.png">`:               true,
		`<IMG SRC = http://a.example/x.png>`:                true,
		`<td style="background: url('https://a.example')">`: true,
		`<table background='https://a.example/x.png'>`:      true,
		`<img srcset="https://a.example/x.png 2x">`:         true,
		`<img src="data:image/png;base64,AAAA">`:            false,
		`<img src="https://near.example:8080/x.png">`:       false,
		`<img src=http://near.example><img src=http://b>`:   true,
		`<a href="https://a.example">`:                      false,
	} {
		require.Equal(t, want, mail.HasWebImages(html, near), html)
	}
}

func TestHeadersAreReadInTheirOrder(t *testing.T) {
	raw := "Subject: =?utf-8?q?f=C3=BCr?=\r\n =?utf-8?q?_dich?=\r\nX-A:  1\r\nX-Bad: =?none?q?x?=\r\n\r\nX-Body: 2"
	want := [][2]string{{"Subject", "für dich"}, {"X-A", "1"}, {"X-Bad", "=?none?q?x?="}}
	require.Equal(t, want, mail.HeadersOf(raw))
}
