package cond

import "time"

func (n *Const) eval(*Env, int) (Result, error) { return Result{True: n.Value}, nil }

func (n *And) eval(env *Env, depth int) (Result, error) { return evalList(n.Of, false, env, depth) }

func (n *Or) eval(env *Env, depth int) (Result, error) { return evalList(n.Of, true, env, depth) }

// evalList stops at the first condition that decides: as long as that one
// holds, the others cannot change the outcome, so its Until is the list's.
func evalList(list []Node, decisive bool, env *Env, depth int) (Result, error) {
	var until time.Time
	for _, n := range list {
		r, err := n.eval(env, depth)
		if err != nil || r.True == decisive {
			return r, err
		}
		until = earliest(until, r.Until)
	}
	return Result{True: !decisive, Until: until}, nil
}

func (n *Not) eval(env *Env, depth int) (Result, error) {
	r, err := n.Of.eval(env, depth)
	r.True = !r.True
	return r, err
}

func (n *Compare) eval(env *Env, _ int) (Result, error) {
	r := n.Op.Test(lookup(env.State, n.Pointer), n.Operand.value(env.State), env.Now)
	r.True = r.True != n.Negate
	return r, nil
}

func (o Operand) value(s State) any {
	if o.Ref == nil {
		return o.Literal
	}
	return lookup(s, o.Ref)
}

func lookup(s State, p Pointer) any {
	value, ok := s.Lookup(p)
	if !ok {
		return Missing{}
	}
	return value
}

func (n *Bucket) eval(env *Env, _ int) (Result, error) {
	if env.Facts == nil || env.Facts.ProfileID() == "" {
		return Result{}, nil
	}
	return Result{True: BucketOf(n.Salt, env.Facts.ProfileID()) < n.Limit}, nil
}
