package segmentflow_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// rows returns the rows of the tables below a heading of a document, each as its cells.
func rows(t *testing.T, path, heading string) (found [][]string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(raw), "\n## "+heading+"\n")
	require.True(t, ok, heading)
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "|---") {
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			found = append(found, cells)
		}
	}
	require.NotEmpty(t, found, heading)
	return found
}

// statuses returns the status of each code, as the replies of the contract's operations have it.
func (c contract) statuses() map[string]string {
	found := map[string]string{}
	for _, item := range c.members(c["paths"]) {
		for _, operation := range c.members(item) {
			for status, reply := range c.members(operation, "responses") {
				for _, value := range c.examples(reply) {
					if code, ok := c.at(value, "error").(string); ok {
						found[code] = status
					}
				}
			}
		}
	}
	return found
}

func TestTheDocumentHasEachCodeWithItsStatusAndItsSentinel(t *testing.T) {
	statuses := readContract(t).statuses()
	assert.Greater(t, len(statuses), 12)
	raw, err := os.ReadFile("codes.go")
	require.NoError(t, err)

	sentinels := map[string]string{}
	for _, row := range rows(t, "docs/errors.md", "All codes")[1:] {
		require.Len(t, row, 5)
		status, code, sentinel := row[0], strings.Trim(row[1], "`"), strings.Trim(row[2], "`")
		assert.NotContains(t, sentinels, sentinel)
		sentinels[sentinel] = code
		if want := statuses[code]; want != "" {
			assert.Equal(t, want, status, code)
		}
		comment := regexp.MustCompile(`"` + code + `" *// (\d+)`).FindSubmatch(raw)
		require.NotNil(t, comment, code)
		assert.Equal(t, string(comment[1]), status, "the comment of %s", sentinel)
		assert.NotEmpty(t, row[3], code)
		assert.NotEmpty(t, row[4], code)
	}
	assert.Equal(t, constants(t, "ErrorCode"), sentinels)
}

func TestTheDocumentHasEachReason(t *testing.T) {
	var reasons, skips []string
	to := &reasons
	for _, row := range rows(t, "docs/errors.md", "Reasons") {
		switch name := strings.Trim(row[0], "`"); name {
		case "Reason":
		case "Skip":
			to = &skips
		default:
			*to = append(*to, name)
		}
	}
	for typ, listed := range map[string][]string{"Reason": reasons, "EnrollmentSkipReason": skips} {
		var want []string
		for _, value := range constants(t, typ) {
			want = append(want, value)
		}
		assert.ElementsMatch(t, want, listed, typ)
	}
}

// operationOf returns the operation of a method that the document names, such as Emails.Send.
func operationOf(t *testing.T, name string) (id string) {
	t.Helper()
	service, method, _ := strings.Cut(name, ".")
	field, ok := reflect.TypeFor[segmentflow.Client]().FieldByName(service)
	require.True(t, ok, name)
	for id, expression := range methods {
		if methodName(expression) == "(*"+field.Type.Elem().Name()+")."+method {
			return id
		}
	}
	require.Contains(t, compound, method, name)
	return ""
}

func TestTheDocumentNamesOperationsThatExist(t *testing.T) {
	raw, err := os.ReadFile("docs/errors.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`((?:Emails|Events|Journeys|Profiles|Templates|BrandKits|Assets|Segments|Broadcasts|"+
		"Newsletters|NewsletterIssues)\\.\\w+)`").FindAllStringSubmatch(string(raw), -1)
	require.Greater(t, len(named), 40)
	for _, m := range named {
		operationOf(t, m[1])
	}
}

func TestTheDocumentListsTheOperationsThatCheckMoreThanTheForm(t *testing.T) {
	c := readContract(t)
	operations := c.operations(t)
	var unprocessable, forbidden []string
	for _, row := range rows(t, "docs/errors.md", "Which operation returns what")[1:] {
		require.Len(t, row, 4)
		for name := range strings.SplitSeq(row[0], ", ") {
			id := operationOf(t, strings.Trim(name, "`"))
			if row[3] != "" && id != "batchSendEmails" { // its items have reasons, and its reply is a 200
				unprocessable = append(unprocessable, id)
			}
			if row[1] != "" {
				forbidden = append(forbidden, id)
			}
		}
	}

	var wantUnprocessable, wantForbidden []string
	for id, op := range operations {
		alike := strings.Replace(id, "NewsletterIssue", "Broadcast", 1) // the document lists these once
		_, checks := c.members(c.members(c["paths"])[op.route], strings.ToLower(op.method), "responses")["422"]
		if checks && (slices.Contains(unprocessable, id) || !slices.Contains(unprocessable, alike)) {
			wantUnprocessable = append(wantUnprocessable, id)
		}
		if op.allowSends && alike == id {
			wantForbidden = append(wantForbidden, id)
		}
	}
	assert.ElementsMatch(t, wantUnprocessable, unprocessable)
	assert.Subset(t, forbidden, wantForbidden)
	assert.Subset(t, append(wantForbidden, "createBroadcast"), forbidden, "with a time, it needs allowSends too")
}
