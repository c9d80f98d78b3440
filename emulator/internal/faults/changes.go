package faults

import "sync"

// changes tells those who watch a list of each change of it.
type changes struct {
	lock  sync.Mutex
	watch []func()
}

// Watch calls see after every further change. see must not use what it watches, which may be locked then.
func (c *changes) Watch(see func()) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.watch = append(c.watch, see)
}

func (c *changes) tell() {
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, see := range c.watch {
		see()
	}
}
