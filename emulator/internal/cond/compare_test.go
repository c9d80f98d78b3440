package cond_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// compare returns a comparison of /data/v. The members are those besides $state.
func compare(members string) string {
	if members == "" {
		return `{"$state": "/data/v"}`
	}
	return `{"$state": "/data/v", ` + members + `}`
}

func negated(members string) string {
	if members == "" {
		return compare(`"not": true`)
	}
	return compare(members + `, "not": true`)
}

func TestEveryOperatorDistinguishesMissingNullAndEmpty(t *testing.T) {
	for name, c := range map[string]struct {
		members              string
		missing, null, empty bool
	}{
		"without operator none of them is true":               {``, false, false, false},
		"eq null is true for null alone":                      {`"eq": null`, false, true, false},
		"eq of an empty string is true for that alone":        {`"eq": ""`, false, false, true},
		"eq false is true for none of them":                   {`"eq": false`, false, false, false},
		"eq of missing is false even for missing":             {`"eq": {"$state": "/data/none"}`, false, false, false},
		"neq null is true for missing":                        {`"neq": null`, true, false, true},
		"neq of an empty string is true for missing":          {`"neq": ""`, true, true, false},
		"neq of missing is true for everything":               {`"neq": {"$state": "/data/none"}`, true, true, true},
		"gt of a negative number is false":                    {`"gt": -1`, false, false, false},
		"gte zero is false, because null and empty are not 0": {`"gte": 0`, false, false, false},
		"lt is false":                                   {`"lt": 1`, false, false, false},
		"lte zero is false":                             {`"lte": 0`, false, false, false},
		"gt of missing is false":                        {`"gt": {"$state": "/data/none"}`, false, false, false},
		"in finds null and empty":                       {`"in": [null, ""]`, false, true, true},
		"in finds none of them among others":            {`"in": [0, false, "null"]`, false, false, false},
		"in missing is false":                           {`"in": {"$state": "/data/none"}`, false, false, false},
		"contains of an empty string":                   {`"contains": ""`, false, false, true},
		"contains null of a value that is not an array": {`"contains": null`, false, false, false},
		"contains of missing is false": {
			`"contains": {"$state": "/data/none"}`, false, false, false,
		},
		"exists treats null as absent, empty as present": {`"exists": true`, false, false, true},
		"exists false is its opposite":                   {`"exists": false`, true, true, false},
		"exists of missing is false for all": {
			`"exists": {"$state": "/data/none"}`, false, false, false,
		},
		"startsWith of an empty string": {`"startsWith": ""`, false, false, true},
		"startsWith of a string":        {`"startsWith": "a"`, false, false, false},
		"startsWith of missing is false": {
			`"startsWith": {"$state": "/data/none"}`, false, false, false,
		},
		"before is false, because null is not 1970": {`"before": "2026-06-05"`, false, false, false},
		"after is false": {`"after": "1960-01-01"`, false, false, false},
		"before missing is false": {
			`"before": {"$state": "/data/none"}`, false, false, false,
		},
		"within is false": {`"within": "P1D"`, false, false, false},
		"within a missing window is false": {
			`"within": {"$state": "/data/none"}`, false, false, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for v, want := range map[string]bool{"": c.missing, "null": c.null, `""`: c.empty} {
				require.Equal(t, want, holds(t, compare(c.members), given(t, v)), "of %q", v)
				require.Equal(t, !want, holds(t, negated(c.members), given(t, v)), "inverted, of %q", v)
			}
		})
	}
}

func TestNotFalseChangesNothing(t *testing.T) {
	require.True(t, holds(t, compare(`"eq": 1, "not": false`), given(t, `1`)))
	require.False(t, holds(t, compare(`"eq": 1, "not": true`), given(t, `1`)))
}

func TestEqualityIsTypedAndDeep(t *testing.T) {
	for name, c := range map[string]struct {
		a, b  string
		equal bool
	}{
		"a number is not its numeric string":         {`1`, `"1"`, false},
		"a number has several notations":             {`1`, `1.0`, true},
		"an exponent is a notation":                  {`100`, `1E+2`, true},
		"zero has no sign":                           {`0`, `-0.0`, true},
		"0.3 is compared exactly":                    {`0.3`, `0.30000000000000004`, false},
		"integers beyond 2^53 keep their last digit": {`9007199254740992`, `9007199254740993`, false},
		"the same integer beyond 2^53":               {`9007199254740993`, `9007199254740993.0`, true},
		"numbers beyond any float":                   {`1e400`, `10e399`, true},
		"different numbers beyond any float":         {`1e400`, `1e401`, false},
		"true is not 1":                              {`true`, `1`, false},
		"false is not zero":                          {`false`, `0`, false},
		"false is not null":                          {`false`, `null`, false},
		"null is null":                               {`null`, `null`, true},
		"null is not the string null":                {`null`, `"null"`, false},
		"strings keep their case":                    {`"Pro"`, `"pro"`, false},
		"strings are not trimmed":                    {`"pro"`, `"pro "`, false},
		"numeric strings are strings":                {`"1"`, `"1.0"`, false},
		"lists are equal item by item":               {`[1, "a", [null]]`, `[1.0, "a", [null]]`, true},
		"lists have an order":                        {`[1, 2]`, `[2, 1]`, false},
		"a list is not its beginning":                {`[1, 2]`, `[1]`, false},
		"a list of one is not its item":              {`[1]`, `1`, false},
		"empty lists are equal":                      {`[]`, `[]`, true},
		"an empty list is not an empty object":       {`[]`, `{}`, false},
		"objects have no order": {
			`{"a": 1, "b": {"c": [2]}}`, `{"b": {"c": [2.0]}, "a": 1}`, true,
		},
		"objects differ by a value deep inside": {`{"a": {"b": 1}}`, `{"a": {"b": "1"}}`, false},
		"a null member is not an absent one":    {`{"a": null}`, `{}`, false},
		"objects with other names differ":       {`{"a": null}`, `{"b": null}`, false},
		"missing equals nothing":                {``, `null`, false},
		"missing does not equal missing":        {``, ``, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
				a, b := value(t, pair[0]), value(t, pair[1])
				require.Equal(t, c.equal, cond.Equal(a, b))
				require.Equal(t, c.equal, cond.OpEq.Test(a, b, atNoon).True)
				require.Equal(t, !c.equal, cond.OpNeq.Test(a, b, atNoon).True)
				require.Equal(t, c.equal, cond.OpIn.Test(a, []any{"x", b}, atNoon).True)
				require.Equal(t, c.equal, cond.OpContains.Test([]any{"x", a}, b, atNoon).True)
			}
		})
	}
}

func TestOrderingTakesNumbersAndNumericStrings(t *testing.T) {
	const apart = 9 // no order
	for name, c := range map[string]struct {
		a, b  string
		order int
	}{
		"two numbers":                                 {`2`, `10`, -1},
		"two numeric strings, as numbers":             {`"2"`, `"10"`, -1},
		"a number and a numeric string":               {`10`, `"9.5"`, 1},
		"equal in order though not equal":             {`1`, `"1.0"`, 0},
		"one apart beyond 2^53":                       {`9007199254740993`, `9007199254740992`, 1},
		"one apart beyond 2^53, one of them a string": {`"9007199254740993"`, `9007199254740992`, 1},
		"one apart beyond 2^64":                       {`36893488147419103233`, `36893488147419103232`, 1},
		"negative numbers":                            {`-2`, `-10`, 1},
		"both sides of zero":                          {`-0.001`, `0.001`, -1},
		"signed zeros":                                {`-0`, `0`, 0},
		"small fractions":                             {`0.10`, `0.09999999999999999999999`, 1},
		"leading zeros in a string":                   {`"007"`, `7`, 0},
		"exponents":                                   {`1e3`, `"999"`, 1},
		"huge exponents cost nothing":                 {`1e999999999`, `1e999999998`, 1},
		"tiny exponents cost nothing":                 {`1e-999999999`, `0`, 1},
		"a word":                                      {`"abc"`, `1`, apart},
		"two words":                                   {`"abc"`, `"abd"`, apart},
		"an empty string":                             {`""`, `0`, apart},
		"a padded numeric string":                     {`" 1"`, `1`, apart},
		"a string with a plus sign":                   {`"+1"`, `1`, apart},
		"a string with half a fraction":               {`"1."`, `1`, apart},
		"a string with half an exponent":              {`"1e"`, `1`, apart},
		"a string with text after the number":         {`"1px"`, `1`, apart},
		"a hexadecimal string":                        {`"0x10"`, `16`, apart},
		"an infinity":                                 {`"Infinity"`, `1`, apart},
		"a boolean":                                   {`true`, `0`, apart},
		"null":                                        {`null`, `0`, apart},
		"a list of one number":                        {`[2]`, `1`, apart},
		"two ISO dates":                               {`"2026-01-01"`, `"2026-01-02"`, apart},
		"missing":                                     {``, `0`, apart},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := value(t, c.a), value(t, c.b)
			order, ok := cond.Order(a, b)
			require.Equal(t, c.order != apart, ok)
			require.Equal(t, c.order == 1, cond.OpGt.Test(a, b, atNoon).True)
			require.Equal(t, c.order == 0 || c.order == 1, cond.OpGte.Test(a, b, atNoon).True)
			require.Equal(t, c.order == -1, cond.OpLt.Test(a, b, atNoon).True)
			require.Equal(t, c.order == 0 || c.order == -1, cond.OpLte.Test(a, b, atNoon).True)
			if back, _ := cond.Order(b, a); ok {
				require.Equal(t, c.order, order)
				require.Equal(t, -c.order, back)
			}
		})
	}
}

func TestStringsAndLists(t *testing.T) {
	for name, c := range map[string]struct {
		v, members string
		want       bool
	}{
		"contains finds a part of a string":             {`"annual-pro"`, `"contains": "al-p"`, true},
		"contains is case-sensitive":                    {`"annual-pro"`, `"contains": "Pro"`, false},
		"contains does not find a number in a string":   {`"plan 9"`, `"contains": 9`, false},
		"contains finds a member":                       {`["a", "b"]`, `"contains": "b"`, true},
		"contains does not find a part of a member":     {`["annual"]`, `"contains": "ann"`, false},
		"contains is typed in a list":                   {`["1"]`, `"contains": 1`, false},
		"contains finds 1 as 1.0":                       {`[1.0]`, `"contains": 1`, true},
		"contains finds null in a list":                 {`[null]`, `"contains": null`, true},
		"contains finds a list in a list":               {`[[1, 2]]`, `"contains": [1, 2]`, true},
		"contains takes a list as one value":            {`[1, 2]`, `"contains": [1, 2]`, false},
		"contains finds an object in a list":            {`[{"a": 1}]`, `"contains": {"a": 1}`, true},
		"contains finds nothing in an empty list":       {`[]`, `"contains": ""`, false},
		"contains is false for an object":               {`{"a": 1}`, `"contains": "a"`, false},
		"contains is false for a number":                {`12`, `"contains": "1"`, false},
		"contains takes a part from the state":          {`"abc"`, `"contains": {"$state": "/profile/part"}`, true},
		"in finds a value":                              {`"b"`, `"in": ["a", "b"]`, true},
		"in is typed":                                   {`"1"`, `"in": [1]`, false},
		"in looks for a list as a whole":                {`[1]`, `"in": [1, 2]`, false},
		"in finds a list in a list of lists":            {`[1]`, `"in": [[1]]`, true},
		"in takes a list from the state":                {`"b"`, `"in": {"$state": "/profile/list"}`, true},
		"in a string from the state is false":           {`"b"`, `"in": {"$state": "/profile/part"}`, false},
		"in an object from the state is false":          {`"b"`, `"in": {"$state": "/profile"}`, false},
		"in an empty list from the state is false":      {`"b"`, `"in": {"$state": "/profile/empty"}`, false},
		"startsWith finds a beginning":                  {`"annual-pro"`, `"startsWith": "annual"`, true},
		"startsWith does not find the middle":           {`"annual-pro"`, `"startsWith": "pro"`, false},
		"startsWith finds the whole":                    {`"pro"`, `"startsWith": "pro"`, true},
		"startsWith does not find a longer string":      {`"pro"`, `"startsWith": "prof"`, false},
		"startsWith is false for a number":              {`12`, `"startsWith": "1"`, false},
		"startsWith is false for a list":                {`["a"]`, `"startsWith": "a"`, false},
		"startsWith takes a beginning from the state":   {`"bcd"`, `"startsWith": {"$state": "/profile/part"}`, true},
		"startsWith a number from the state is false":   {`"1"`, `"startsWith": {"$state": "/profile/one"}`, false},
		"gt takes a numeric string from the state":      {`12`, `"gt": {"$state": "/profile/nine"}`, true},
		"eq takes a value from the state":               {`"bc"`, `"eq": {"$state": "profile/part"}`, true},
		"eq compares a value with itself":               {`[{"a": 1}]`, `"eq": {"$state": "/data/v"}`, true},
		"exists true of a value":                        {`0`, `"exists": true`, true},
		"exists true of false":                          {`false`, `"exists": true`, true},
		"exists takes its truth from the state":         {`0`, `"exists": {"$state": "/profile/yes"}`, true},
		"exists with a word from the state is false":    {`0`, `"exists": {"$state": "/profile/part"}`, false},
		"a literal object without $ is compared as one": {`{"state": "/a"}`, `"eq": {"state": "/a"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.v)
			s["profile"] = value(t, `{"part": "bc", "list": ["b"], "empty": [], "nine": "9", "one": 1, "yes": true}`)
			require.Equal(t, c.want, holds(t, compare(c.members), s))
			require.Equal(t, !c.want, holds(t, negated(c.members), s))
		})
	}
}

func TestAnUnknownOperatorIsFalse(t *testing.T) {
	require.Equal(t, cond.Result{}, cond.Op("like").Test("a", "a", atNoon))
}
