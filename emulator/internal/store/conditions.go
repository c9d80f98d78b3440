package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
)

// Conditions as SQL. The parts of a condition about events, emails, subscriptions and Segments become subqueries that
// use the indexes. "and", "or" and "not" become those of SQL. A Go function that calls package cond compares values. So
// there is one rule for equality, and a property is found in half the time that SQLite's own JSON functions take.

// References looks up what conditions refer to, by id or by key.
type References interface {
	// FactType returns the type under which a kind of mail fact is recorded.
	FactType(kind string) string
	// TemplateID returns the id of a Template, or ref itself if there is no such Template.
	TemplateID(ref string) string
	// Group returns a SubscriptionGroup, or nil if there is none.
	Group(ref string) *SubscriptionGroup
	// Zone returns the zone of dates that do not name one, for Profiles without a zone.
	Zone() *time.Location
	// Segment returns a Segment and its condition. The Segment is nil if there is none. The condition is nil for a
	// Manual Segment.
	Segment(ref string) (*Segment, *cond.Cond)
}

// Where compiles a condition to a filter on Profiles. The filter selects the Profiles for which evaluating the
// condition at tx.Now returns true.
func (tx *Tx) Where(node cond.Node, refs References) (Filter, error) {
	if ref, ok := node.(*cond.InSegment); ok {
		// SQLite can begin with the list of a Manual Segment. As a part of a condition, it would read all of the list.
		if segment, condition := refs.Segment(ref.Segment); segment != nil && condition == nil {
			const listed = "p.id IN (SELECT profile_id FROM segment_members WHERE segment_id = ?)"
			return Filter{listed, []any{segment.ID}}, nil
		}
	}
	c := compiler{refs: refs, now: tx.Now}
	sql := c.node(node, scope{})
	return Filter{sql, c.args}, c.err
}

// maxSegmentDepth is how deep a Segment may refer to others. Package cond has the same limit.
const maxSegmentDepth = 32

// maxArgs is SQLite's limit on the arguments of a statement, minus those that the rest of the statement needs.
const maxArgs = 32_000

// compiler collects the arguments of the SQL it writes, in order, and keeps the first error.
type compiler struct {
	refs References
	now  time.Time
	args []any
	err  error
}

// scope is the place of a condition: how many Segments it is nested in, and whether it is part of a filter on events.
// A filter is about the row e of user_events. Where filters are nested, e is the row of the innermost one.
type scope struct {
	segments int
	filter   bool
}

func (c *compiler) node(node cond.Node, at scope) string {
	if c.err != nil {
		return ""
	}
	switch node := node.(type) {
	case *cond.Const:
		return sqlBool(node.Value)
	case *cond.And:
		return c.list(node.Of, " AND ", at)
	case *cond.Or:
		return c.list(node.Of, " OR ", at)
	case *cond.Not:
		return "NOT " + c.node(node.Of, at)
	case *cond.Compare:
		return c.compare(node, at)
	case *cond.Performed:
		return c.performed(node, at)
	case *cond.Received:
		return c.received(node)
	case *cond.Subscribed:
		return c.subscribed(node)
	case *cond.InSegment:
		return c.inSegment(node, at)
	case *cond.Bucket:
		return fmt.Sprintf("(bucket(%s, p.id) < %d)", c.arg(node.Salt), node.Limit)
	}
	return c.fail(fmt.Errorf("there is no SQL for a condition of type %T", node))
}

func (c *compiler) fail(err error) string {
	c.err = err
	return ""
}

func (c *compiler) arg(value any) string {
	if c.args = append(c.args, value); len(c.args) > maxArgs && c.err == nil {
		c.err = fmt.Errorf("the condition, with the Segments it refers to, has more than %d values", maxArgs)
	}
	return "?"
}

func sqlBool(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

// list joins conditions with an operator and nests them in halves. SQLite limits the depth of an expression, and a
// chain of n ANDs is n deep.
func (c *compiler) list(nodes []cond.Node, operator string, at scope) string {
	if len(nodes) == 1 {
		return c.node(nodes[0], at)
	}
	half := len(nodes) / 2
	return "(" + c.list(nodes[:half], operator, at) + operator + c.list(nodes[half:], operator, at) + ")"
}

func (c *compiler) compare(comparison *cond.Compare, at scope) string {
	document := map[string]any{"$state": comparison.Pointer.String()}
	operand, other := comparison.Operand.Literal, "NULL"
	if comparison.Operand.Ref != nil {
		operand, other = map[string]any{"$state": comparison.Operand.Ref.String()}, at.document(comparison.Operand.Ref)
	}

	if comparison.Op != cond.OpTruthy {
		document[string(comparison.Op)] = operand
	}
	if comparison.Negate {
		document["not"] = true
	}
	raw, err := json.Marshal(document)
	if err != nil {
		return c.fail(err)
	}

	call := "(" + c.arg(string(raw)) + ", " + at.document(comparison.Pointer) + ", " + other
	if comparison.Op.ReadsDates() {
		return "compare_dates" + call + ", " + c.arg(c.now) + ", " + c.arg(c.refs.Zone().String()) + ", p.properties)"
	}
	return "compare" + call + ")"
}

// document returns the SQL for the column that the value at a pointer is read from; see valueAt.
func (at scope) document(pointer cond.Pointer) string {
	switch {
	case pointer[0] == "profile" && len(pointer) == 1:
		return "profile_state(p.id, p.email, p.external_id, p.phone, p.properties)"
	case pointer[0] == "profile" && builtIn(pointer[1]) != "":
		return "p." + builtIn(pointer[1])
	case pointer[0] == "profile":
		return "p.properties"
	case pointer[0] == "event" && at.filter:
		return "e.data"
	}
	return "NULL"
}

// performed compiles a condition about the Profile's own events. They are always of its Organization.
func (c *compiler) performed(node *cond.Performed, at scope) string {
	return countCondition(c.events("e.profile_id = p.id", node, at), node.Count)
}

// events compiles the rest of a SELECT of the events that a condition counts, among those that pass another one.
func (c *compiler) events(among string, node *cond.Performed, at scope) string {
	rows := "FROM user_events e WHERE " + among + " AND "
	if node.Prefix {
		// No text has the byte 0xFF, so this is greater than every name with the prefix.
		rows += "e.event >= " + c.arg(node.Event) + " AND e.event < " + c.arg(node.Event+"\xff")
	} else {
		rows += "e.event = " + c.arg(node.Event)
	}
	rows += c.within("e.occurred_at", node.Windowed, node.Within)
	if node.Filter != nil {
		at.filter = true
		rows += " AND " + c.node(node.Filter, at)
	}
	return rows
}

// countCondition compares the number of rows with a bound, and reads no more rows than it needs. Most conditions only
// need to know whether there are any.
func countCondition(rows string, count cond.Count) string {
	least := count.N // rows that decide
	if count.Op == cond.OpGt || count.Op == cond.OpLte {
		least++
	}
	exists := "EXISTS (SELECT 1 " + rows
	if least > 1 {
		exists += fmt.Sprintf(" LIMIT 1 OFFSET %d", least-1)
	}
	exists += ")"
	switch {
	case least > 0 && (count.Op == cond.OpGte || count.Op == cond.OpGt):
		return exists
	case least > 0 && (count.Op == cond.OpLt || count.Op == cond.OpLte), count.Op == cond.OpEq && count.N == 0:
		return "NOT " + exists
	}
	operators := map[cond.Op]string{cond.OpGte: ">=", cond.OpEq: "=", cond.OpLt: "<"}
	return fmt.Sprintf("((SELECT count(*) FROM (SELECT 1 %s LIMIT %d)) %s %d)",
		rows, count.N+1, operators[count.Op], count.N)
}

// within limits the time in a column: not after now and, if there is a window, inside it. Both ends are included.
func (c *compiler) within(column string, windowed bool, width time.Duration) string {
	now := c.now.Truncate(time.Millisecond)
	if !windowed {
		return fmt.Sprintf(" AND %s <= %s", column, c.arg(now))
	}
	return fmt.Sprintf(" AND %s BETWEEN %s AND %s",
		column, c.arg(now.Add(-width.Truncate(time.Millisecond))), c.arg(now))
}

func (c *compiler) received(node *cond.Received) string {
	return "EXISTS (SELECT 1 " + c.facts("f.profile_id = p.id", node) + ")"
}

// facts compiles the rest of a SELECT of the facts that a condition asks for, among those that pass another one.
func (c *compiler) facts(among string, node *cond.Received) string {
	fact, rows := c.refs.FactType(node.Kind), "facts"
	if fact == outcome.Accepted || fact == outcome.Delivered {
		rows = "all_facts" // because most of these are no rows of facts
	}
	sql := "FROM " + rows + " f WHERE " + among + " AND f.type = " + c.arg(fact) +
		c.within("f.at", node.Windowed, node.Within)
	if node.Template != "" {
		sql += " AND f.template_id = " + c.arg(c.refs.TemplateID(node.Template))
	}
	return sql
}

func (c *compiler) subscribed(node *cond.Subscribed) string {
	group := c.refs.Group(node.Group)
	if group == nil {
		return sqlBool(false)
	}
	chose := "EXISTS (SELECT 1 " + c.choices("s.profile_id = p.id", group) + ")"
	if group.Policy == OptIn {
		return chose
	}
	return "NOT " + chose
}

// choices compiles the rest of a SELECT of the choices that are not what a group does without one, among those that
// pass a condition.
func (c *compiler) choices(among string, group *SubscriptionGroup) string {
	other := Unsubscribed
	if group.Policy == OptIn {
		other = Subscribed
	}
	return "FROM subscriptions s WHERE " + among + " AND s.group_id = " + c.arg(group.ID) +
		" AND s.status = '" + other + "'"
}

// inSegment inserts the condition of the other Segment. That condition sees what this one sees, including the event of
// a filter.
func (c *compiler) inSegment(node *cond.InSegment, at scope) string {
	segment, condition := c.refs.Segment(node.Segment)
	switch {
	case segment == nil:
		return sqlBool(false)
	case condition == nil:
		return "EXISTS (SELECT 1 " + c.listed("m.profile_id = p.id", segment) + ")"
	case at.segments > maxSegmentDepth:
		return c.fail(fmt.Errorf("segment %q: segments refer to each other more than %d deep",
			segment.Key, maxSegmentDepth))
	}
	at.segments++
	return c.node(condition.Root(), at)
}

// listed compiles the rest of a SELECT of the members of a Manual Segment, among those that pass a condition.
func (c *compiler) listed(among string, segment *Segment) string {
	return "FROM segment_members m WHERE " + among + " AND m.segment_id = " + c.arg(segment.ID)
}
