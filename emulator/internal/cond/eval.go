package cond

import "time"

func (n *Const) eval(*Env, int) (Result, error) { return Result{True: n.Value}, nil }

func (n *And) eval(env *Env, depth int) (Result, error) { return evalList(n.Of, false, env, depth) }

func (n *Or) eval(env *Env, depth int) (Result, error) { return evalList(n.Of, true, env, depth) }

// evalList stops at the first condition that decides the list. As long as that
// one stays the same, the others cannot change the outcome, so the list's Until
// is that condition's.
func evalList(list []Node, decisive bool, env *Env, depth int) (Result, error) {
	var until time.Time
	for _, n := range list {
		result, err := n.eval(env, depth)
		if err != nil || result.True == decisive {
			return result, err
		}
		until = earliest(until, result.Until)
	}
	return Result{True: !decisive, Until: until}, nil
}

func (n *Not) eval(env *Env, depth int) (Result, error) {
	result, err := n.Of.eval(env, depth)
	result.True = !result.True
	return result, err
}

func (n *Compare) eval(env *Env, _ int) (Result, error) {
	result := n.Op.Test(lookup(env.State, n.Pointer), n.Operand.value(env.State), env.clock(n.Op))
	result.True = result.True != n.Negate
	return result, nil
}

func (operand Operand) value(state State) any {
	if operand.Ref == nil {
		return operand.Literal
	}
	return lookup(state, operand.Ref)
}

func lookup(state State, pointer Pointer) any {
	value, ok := state.Lookup(pointer)
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
