package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

const faultsPage = "/dashboard/faults"

func TestAFaultIsAddedStrikesAndIsRemoved(t *testing.T) {
	b := open(t)
	require.Contains(t, text(b.page(faultsPage)), "No call fails on purpose")
	_, page := b.post(faultsPage, url.Values{
		"operation": {"listSegments"}, "status": {" 503 "}, "retryAfter": {"PT1S"}, "times": {"1"}, "skip": {"1"},
		"message": {"<b>busy</b>"}, "details": {`{"n": 12345678901234567890}`}, "code": {"unavailable"},
	})
	require.Contains(t, page, "Fault 1 was added.")
	require.Contains(t, text(page), "Calls of listSegments; the first 1 passes; it strikes 1 time answers 503 "+
		"unavailable “&lt;b&gt;busy&lt;/b&gt;” with details, Retry-After 1s 0 Remove")

	list := func() reply {
		return b.send("GET", "/api/v1/segments", "", "x-api-key", emulator.DefaultAPIKey)
	}
	require.Equal(t, 200, list().status)
	struck := list()
	require.Equal(t, []any{503, "1"}, []any{struck.status, struck.header.Get("Retry-After")})
	require.Contains(t, struck.page, "12345678901234567890")
	require.Equal(t, 200, list().status)
	require.Contains(t, text(b.page(faultsPage)), "1 used up")

	_, page = b.post(faultsPage+"/1/remove", nil)
	require.Contains(t, page, "Fault 1 was removed.")
	for _, number := range []string{"1", "x", "-1", "99999999999999999999"} {
		_, page = b.post(faultsPage+"/"+number+"/remove", nil)
		require.Contains(t, page, "has been removed already", number)
	}
	b.emu.Fail(emulator.Fault{Drop: true})
	b.emu.Fail(emulator.Fault{Delay: time.Second, Match: func(*http.Request) bool { return true }})
	page = text(b.page(faultsPage))
	require.Contains(t, page, "Every call sends no reply and closes the connection")
	require.Contains(t, page, "Every call that a function of the test chooses waits 1s, then goes on as usual")
	_, page = b.post(faultsPage+"/clear", nil)
	require.Contains(t, page, "All faults were removed.")
	require.Equal(t, 200, list().status)
}

func TestMistakesOfAFaultAreShownAtTheirFields(t *testing.T) {
	b := open(t)
	for _, c := range []struct {
		form  url.Values
		field string
		text  string
	}{
		{url.Values{}, "", "the fault does nothing"},
		{url.Values{"status": {"abc"}}, "status", "must be a whole number"},
		{url.Values{"status": {"99999999999999999999"}}, "status", "must be a whole number"},
		{url.Values{"status": {"200"}}, "status", "must be an error, from 400 to 599"},
		{url.Values{"status": {"700"}}, "status", "must be at most 599"},
		{url.Values{"status": {"503"}, "drop": {"on"}}, "drop", "does not go together with Status"},
		{url.Values{"status": {"503"}, "operation": {"sendMail"}}, "operation", "is not an operation of the API"},
		{url.Values{"status": {"503"}, "code": {"nope"}}, "code", "is not a code of the API"},
		{url.Values{"status": {"503"}, "times": {"-1"}}, "times", "must not be negative"},
		{url.Values{"status": {"503"}, "skip": {"1.5"}}, "skip", "must be a whole number"},
		{url.Values{"delay": {"soon"}}, "delay", "must be a duration"},
		{url.Values{"delay": {"-1s"}}, "delay", "must not be negative"},
		{url.Values{"drop": {"on"}, "retryAfter": {"1s"}}, "retryAfter", "is part of an error reply"},
		{url.Values{"status": {"503"}, "details": {"[1]"}}, "details", "must be a JSON object"},
		{url.Values{"drop": {"on"}, "message": {"x"}}, "message", "is part of an error reply"},
		{url.Values{"drop": {"on"}, "contentType": {"text/html"}}, "contentType", "describes Body"},
		{url.Values{"body": {"x"}, "contentType": {"a\x01b"}}, "contentType", "control characters"},
	} {
		c.form.Set("to", `"><script>alert(1)</script>`)
		status, page := b.post(faultsPage, c.form)
		require.Equal(t, 422, status, c.form)
		require.Contains(t, page, `role="alert"`)
		require.NotContains(t, page, "<script>alert")
		require.Contains(t, page, "alert(1)", "the input is kept")
		if c.field == "" {
			require.Contains(t, page, c.text)
			continue
		}
		hint := regexp.MustCompile(`id="fault-` + c.field + `-hint"[^>]*><strong class="bad">([^<]*)`).FindStringSubmatch(page)
		require.NotNil(t, hint, "%v %s", c.form, page)
		require.Contains(t, hint[1], c.text)
	}
	require.Contains(t, text(b.page(faultsPage)), "No call fails on purpose", "none was added")
	_, page := b.post(faultsPage, url.Values{"status": {"x"}, "drop": {"on"}, "operation": {"gone"}, "body": {"a\r\n\tb"}})
	for _, kept := range []string{`value="x"`, `name="drop" checked`, "<option selected>gone<", "a\r\n\tb</textarea>"} {
		require.Contains(t, page, kept)
	}
}

func TestPresetsFillTheForm(t *testing.T) {
	b := open(t)
	links := regexp.MustCompile(`<a href="/dashboard/faults\?([^"]+)#add">`).FindAllStringSubmatch(b.page(faultsPage), -1)
	require.Len(t, links, 6)
	for i, link := range links {
		query := unescape(link[1])
		page := b.page(faultsPage + "?" + query)
		form, err := url.ParseQuery(query)
		require.NoError(t, err)
		for name, values := range form {
			if values[0] == "on" {
				require.Contains(t, page, `name="`+name+`" checked`)
			}
		}
		status, page := b.post(faultsPage, form)
		require.Equal(t, 200, status, page)
		require.Contains(t, page, "was added.", i)
	}
	require.Contains(t, text(b.page(faultsPage)), "answers 502 with text/html: &lt;html&gt;")
}

func TestRateLimitsAreSetAndRemoved(t *testing.T) {
	b := open(t)
	limits := faultsPage + "/limits"
	require.Contains(t, text(b.page(faultsPage)), "There is no rate limit")
	for _, form := range []url.Values{
		{}, {"n": {"0"}, "per": {"1s"}}, {"n": {"-1"}, "per": {"1s"}}, {"n": {"1"}}, {"n": {"1"}, "per": {"x"}},
		{"n": {"1"}, "per": {"1s"}, "operation": {"nope"}},
	} {
		status, page := b.post(limits, form)
		require.Equal(t, 422, status, form)
		require.Contains(t, page, "Nothing was changed")
		require.Contains(t, page, `<strong class="bad">`)
	}
	_, page := b.post(limits, url.Values{"n": {"1"}, "per": {"PT1M"}, "operation": {"listSegments"}})
	require.Contains(t, text(page), "listSegments 1 1m0s Remove")
	call := func() int {
		return b.send("GET", "/api/v1/segments", "", "x-api-key", emulator.DefaultAPIKey).status
	}
	require.Equal(t, []int{200, 429}, []int{call(), call()})
	_, page = b.post(limits, url.Values{"n": {"5"}, "per": {"1s"}})
	require.Contains(t, text(page), "all together 5 1s Remove")
	_, page = b.post(limits+"/remove", url.Values{"operation": {"listSegments"}})
	require.Contains(t, page, "The rate limit was removed.")
	_, page = b.post(limits+"/remove", url.Values{"operation": {"listSegments"}})
	require.Contains(t, page, "has been removed already")
	require.Equal(t, 200, call())
}
