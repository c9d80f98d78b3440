package main

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// diff returns the lines that are gone as "- line" and those that are new as "+ line", sorted by line. A change is
// both.
func diff(released, now []string) []string {
	var changes []string
	for _, line := range released {
		if !slices.Contains(now, line) {
			changes = append(changes, "- "+line)
		}
	}
	for _, line := range now {
		if !slices.Contains(released, line) {
			changes = append(changes, "+ "+line)
		}
	}
	slices.SortStableFunc(changes, func(a, b string) int { return strings.Compare(a[2:], b[2:]) })
	return changes
}

var (
	span = regexp.MustCompile("`[^`]+`")

	// subject has the name in a line and, for a field or a method of a closed interface, the name of the member.
	subject = regexp.MustCompile(`^pkg \S+, (?:` +
		`method \(\*?(\w+)(?:\[.*\])?\) (\w+)` +
		`|type (\w+)(?:\[.*\])? (?:struct|interface), (?:embedded \*?)?(?:\w+\.)?(\w+)` +
		`|(?:const|var|func|type) (\w+))`)
)

// nameIn returns the type and the member that a line describes, or a name and "".
func nameIn(line string) (owner, member string) {
	found := subject.FindStringSubmatch(line)
	if found == nil {
		return line, ""
	}
	return found[1] + found[3] + found[5], found[2] + found[4]
}

// unannounced returns an error if something is gone that the changelog does not name, as code, under Changed or Removed
// of what is not released. A service can be named like the field of the client: Events.Track. The name of a type stands
// for all of it if the whole type is gone, and Err* for all names that begin with Err.
func unannounced(changes []string, changelog string) error {
	_, unreleased, _ := strings.Cut(changelog, "\n## [Unreleased]\n")
	unreleased, _, _ = strings.Cut(unreleased, "\n## ")
	var announced []string
	for section := range strings.SplitSeq(unreleased, "\n### ") {
		if strings.HasPrefix(section, "Changed\n") || strings.HasPrefix(section, "Removed\n") {
			announced = append(announced, span.FindAllString(section, -1)...)
		}
	}

	names := gone(changes)
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		short := strings.Replace(name, "Service.", ".", 1)
		word := regexp.MustCompile(`\b(` + regexp.QuoteMeta(name) + `|` + regexp.QuoteMeta(short) + `)\b`)
		return slices.ContainsFunc(announced, func(code string) bool {
			start, all := strings.CutSuffix(strings.Trim(code, "`"), "*")
			return all && strings.HasPrefix(name, start) || word.MatchString(code)
		})
	})
	if len(names) == 0 {
		return nil
	}
	return errors.New("these are gone or have changed, and CHANGELOG.md does not name them, as code, " +
		"under Changed or Removed of Unreleased:\n  " + strings.Join(names, "\n  "))
}

// gone returns what the lines that are gone describe: Type.Member or a name. Of a type that is gone as a whole it
// returns only the name.
func gone(changes []string) (names []string) {
	key := func(line string) string {
		pkg, _, _ := strings.Cut(line[2:], ", ")
		owner, _ := nameIn(line[2:])
		return pkg + ", " + owner
	}
	stays := map[string]bool{}
	for _, change := range changes {
		if change[0] == '+' {
			stays[key(change)] = true
		}
	}
	whole := map[string]bool{}
	for _, change := range changes {
		if _, member := nameIn(change[2:]); change[0] == '-' && member == "" && !stays[key(change)] {
			whole[key(change)] = true
		}
	}

	for _, change := range changes {
		name, member := nameIn(change[2:])
		if member != "" && !whole[key(change)] {
			name += "." + member
		}
		if change[0] == '-' {
			names = append(names, name)
		}
	}
	return names
}
