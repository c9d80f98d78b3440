package cond_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func TestTruthinessIsThatOfJavaScript(t *testing.T) {
	for name, c := range map[string]struct {
		v    string
		want bool
	}{
		"missing is false":                         {``, false},
		"null is false":                            {`null`, false},
		"false is false":                           {`false`, false},
		"true is true":                             {`true`, true},
		"zero is false":                            {`0`, false},
		"minus zero is false":                      {`-0`, false},
		"zero with decimals is false":              {`0.00`, false},
		"zero with an exponent is false":           {`0e7`, false},
		"one is true":                              {`1`, true},
		"a negative number is true":                {`-1`, true},
		"a small fraction is true":                 {`0.0001`, true},
		"a fraction too small for a float is true": {`1e-400`, true},
		"an empty string is false":                 {`""`, false},
		"a string of zero is true":                 {`"0"`, true},
		"the string false is true":                 {`"false"`, true},
		"a blank is true":                          {`" "`, true},
		"an empty list is true":                    {`[]`, true},
		"an empty object is true":                  {`{}`, true},
		"a list with only a null is true":          {`[null]`, true},
		"an object with only false is true":        {`{"a": false}`, true},
		"an integer beyond 2^53 is true":           {`9007199254740993`, true},
		"a number beyond any float is true":        {`1e400`, true},
		"a list with a zero is true":               {`[0]`, true},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, cond.Truthy(value(t, c.v)))
			require.Equal(t, c.want, holds(t, compare(``), given(t, c.v)))
			require.Equal(t, !c.want, holds(t, negated(``), given(t, c.v)))
			require.Equal(t, !c.want, holds(t, `{"$not": `+compare(``)+`}`, given(t, c.v)))
		})
	}
}

func TestGoNumbersAreNumbersToo(t *testing.T) {
	for name, one := range map[string]any{
		"int":     int(1),
		"int64":   int64(1),
		"uint64":  uint64(1),
		"float64": float64(1),
		"JSON":    json.Number("1"),
	} {
		t.Run(name, func(t *testing.T) {
			require.True(t, cond.Equal(one, json.Number("1.0")))
			require.False(t, cond.Equal(one, "1"))
			require.True(t, cond.Truthy(one))
			require.True(t, cond.OpLt.Test(one, "1.5", atNoon).True)
			text, ok := cond.Text(one)
			require.True(t, ok)
			require.Equal(t, "1", text)
		})
	}
	require.True(t, cond.Equal(uint64(math.MaxUint64), json.Number("18446744073709551615")))
	require.True(t, cond.Equal(int64(math.MinInt64), json.Number("-9223372036854775808")))
	require.True(t, cond.Equal(0.1, json.Number("0.1")))
}

func TestOtherGoValuesAreNotValues(t *testing.T) {
	for name, v := range map[string]any{
		"not a number":              math.NaN(),
		"an infinity":               math.Inf(1),
		"a malformed number":        json.Number("one"),
		"a type JSON does not have": struct{}{},
	} {
		t.Run(name, func(t *testing.T) {
			require.False(t, cond.Truthy(v))
			require.False(t, cond.Equal(v, v))
			_, ok := cond.Order(v, 1)
			require.False(t, ok)
			_, ok = cond.Text(v)
			require.False(t, ok)
		})
	}
}

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		v, text string
		ok      bool
	}{
		"a string stays as it is":                 {`" 1.50 "`, " 1.50 ", true},
		"an empty string is text":                 {`""`, "", true},
		"booleans are true and false":             {`[true, false]`, "true, false", true},
		"trailing zeros are dropped":              {`1.50`, "1.5", true},
		"a whole number loses its point":          {`2.0`, "2", true},
		"zero has no sign":                        {`-0.0`, "0", true},
		"an exponent is written out":              {`1e3`, "1000", true},
		"a negative exponent is written out":      {`-25e-3`, "-0.025", true},
		"no digit is lost beyond 2^53":            {`9007199254740993.25`, "9007199254740993.25", true},
		"five zeros after the point are written":  {`0.0000012`, "0.0000012", true},
		"six zeros after the point are not":       {`0.00000012`, "1.2e-7", true},
		"21 zeros before the point are written":   {`1e21`, "1000000000000000000000", true},
		"22 zeros before the point are not":       {`-1e22`, "-1e+22", true},
		"a scientific number keeps its digits":    {`1.25e+30`, "1.25e+30", true},
		"lists are joined, nested ones too":       {`[1, "b", [2.0, "c"]]`, "1, b, 2, c", true},
		"null and objects in a list are left out": {`[null, "a", {"b": 1}]`, "a", true},
		"an empty list has an empty text":         {`[]`, "", true},
		"a list of objects has no text":           {`[{"a": 1}, null]`, "", false},
		"null has no text":                        {`null`, "", false},
		"an object has no text":                   {`{"a": 1}`, "", false},
		"missing has no text":                     {``, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			text, ok := cond.Text(value(t, c.v))
			require.Equal(t, c.ok, ok)
			require.Equal(t, c.text, text)
		})
	}
}

// numbers generates JSON numbers that are often equal or close to each other.
func numbers() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?`),
		rapid.StringMatching(`-?(0|10?)(\.[01]0{0,2})?(e[+-]?[012])?`),
		rapid.StringMatching(`90071992547409[01][0-9](\.0)?`),
	)
}

func rational(t *rapid.T, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%s is not a number", s)
	}
	return r
}

func TestNumbersAreComparedExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := numbers().Draw(t, "a"), numbers().Draw(t, "b")
		want := rational(t, a).Cmp(rational(t, b))
		got, ok := cond.Order(json.Number(a), b)
		require.True(t, ok)
		require.Equal(t, want, got)
		require.Equal(t, want == 0, cond.Equal(json.Number(a), json.Number(b)))

		x, _ := cond.Text(json.Number(a))
		y, _ := cond.Text(json.Number(b))
		require.Equal(t, want == 0, x == y, "equal numbers have the same text, others do not")
		require.Zero(t, rational(t, a).Cmp(rational(t, x)), "a printed number keeps every digit")
		require.Equal(t, rational(t, a).Sign() != 0, cond.Truthy(json.Number(a)))
	})
}

func TestDecodeAcceptsExactlyOneValue(t *testing.T) {
	for name, c := range map[string]struct{ doc, err string }{
		"nothing at all":               {"", "not JSON: the input is empty"},
		"blanks":                       {" \n", "not JSON: the input is empty"},
		"half a value":                 {`{"a":`, "not JSON: unexpected EOF"},
		"two values":                   {`true false`, "not JSON: more input after the value"},
		"a stray bracket":              {`true]`, "not JSON: more input after the value"},
		"a comment":                    {`true // yes`, "not JSON: more input after the value"},
		"a word that is not JSON":      {`yes`, "not JSON: invalid character"},
		"a number with a leading zero": {`01`, "not JSON: more input after the value"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cond.Decode([]byte(c.doc))
			require.ErrorContains(t, err, c.err)
			findings := refused(t, c.doc)
			require.Equal(t, []string{""}, paths(findings))
			require.True(t, strings.HasPrefix(findings[0].Message, "not JSON: "))
		})
	}
}

func TestDecodeKeepsEveryDigit(t *testing.T) {
	require.Equal(t, map[string]any{"a": []any{json.Number("9007199254740993"), json.Number("1.50")}},
		value(t, "{\"a\": [9007199254740993, 1.50]}\n"))
}
