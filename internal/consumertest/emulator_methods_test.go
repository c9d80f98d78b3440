package consumer_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"

	sf "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// What tests call, as sdk_methods_test.go has what apps call.

var _ interface {
	APIKey() string
	Activate(string)
	Advance(time.Duration)
	AdvanceTo(time.Time)
	Archive(string)
	AwaitEvent(context.Context, string) (emulator.Event, error)
	AwaitRun(context.Context, string, string) (emulator.Run, error)
	Bounce(*emulator.Message, string) error
	ClearFaults()
	Click(*emulator.Message, string) error
	Client(...sf.Option) *sf.Client
	ClientFor(string, ...sf.Option) *sf.Client
	ClientOptions() []sf.Option
	Close() error
	Complain(*emulator.Message) error
	Event(string) emulator.Event
	Events() emulator.Events
	Expect(...string)
	Explain(...string) string
	Fail(emulator.Fault) *emulator.FaultHandle
	For(emulator.TB) *emulator.Emulator
	Fork(emulator.TB) *emulator.Emulator
	Handler() http.Handler
	Human() emulator.Human
	ID(string, string) string
	Idle(context.Context) error
	LoginURL() string
	NewAPIKey(emulator.APIKeySpec) string
	NextDue() (time.Time, bool)
	Now() time.Time
	Open(*emulator.Message) error
	Outbox() emulator.Outbox
	Pause(string)
	Profile(string) emulator.Profile
	Profiles() emulator.Profiles
	RateLimit(string, int, time.Duration)
	Requests() emulator.Requests
	Reset()
	Restore(emulator.Image) error
	Run(string) emulator.Run
	Runs(string) emulator.Runs
	Script(string, ...emulator.PlannedFact)
	Seed(emulator.Seed) error
	SeedID(string, string) string
	Sends() emulator.Sends
	Serve(context.Context, net.Listener) error
	Snapshot() (emulator.Image, error)
	SubscriptionChanges(string) []emulator.SubscriptionChange
	Transport() http.RoundTripper
	TryFork() (*emulator.Emulator, error)
	URL() string
	Unsubscribe(*emulator.Message) error
} = (*emulator.Emulator)(nil)

var _ interface {
	Hits() int
	Number() int
	Remove()
} = (*emulator.FaultHandle)(nil)

var _ interface {
	New(...emulator.Option) (*emulator.Emulator, error)
	Start(emulator.TB, ...emulator.Option) *emulator.Emulator
} = (*emulator.Fixture)(nil)

var _ interface {
	Code() string
	Link(string) string
	Links() []emulator.Link
	Raw() []byte
} = (*emulator.Message)(nil)

var _ interface {
	Error() string
} = (*emulator.SeedError)(nil)

var _ interface {
	Percent() float64
	Table() string
	WriteHTML(io.Writer) error
} = (*emulator.Coverage)(nil)

var _ interface {
	All() []emulator.Event
	Count() int
	Last() *emulator.Event
	Name(string) emulator.Events
	None(emulator.TB)
	Only(emulator.TB) emulator.Event
	Profile(string) emulator.Events
	Reference(string) emulator.Events
	String() string
} = (*emulator.Events)(nil)

var _ interface {
	Approve(string) error
	Reject(string) error
} = (*emulator.Human)(nil)

var _ interface {
	WriteTo(string) error
} = (*emulator.Image)(nil)

var _ interface {
	Missed() []emulator.CoveragePart
	Percent() float64
} = (*emulator.JourneyCoverage)(nil)

var _ interface {
	All() []*emulator.Message
	Await(context.Context) (*emulator.Message, error)
	Carrier(string, ...string) emulator.Outbox
	Count() int
	Eventually(emulator.TB) *emulator.Message
	Last() *emulator.Message
	None(emulator.TB)
	Only(emulator.TB) *emulator.Message
	String() string
	Subject(string) emulator.Outbox
	Template(string) emulator.Outbox
	To(string) emulator.Outbox
} = (*emulator.Outbox)(nil)

var _ interface {
	All() []emulator.Profile
	Count() int
	Email(string) emulator.Profiles
	ExternalID(string) emulator.Profiles
	InSegment(string) emulator.Profiles
	Last() *emulator.Profile
	None(emulator.TB)
	Only(emulator.TB) emulator.Profile
	Property(string, any) emulator.Profiles
	String() string
	Subscribed(string) emulator.Profiles
	Unsubscribed(string) emulator.Profiles
} = (*emulator.Profiles)(nil)

var _ interface {
	All() []emulator.Request
	Code(string) emulator.Requests
	Count() int
	Key(string) emulator.Requests
	Last() *emulator.Request
	None(emulator.TB)
	Only(emulator.TB) emulator.Request
	Operation(string) emulator.Requests
	Status(int) emulator.Requests
	String() string
} = (*emulator.Requests)(nil)

var _ interface {
	All() []emulator.Run
	Count() int
	Last() *emulator.Run
	None(emulator.TB)
	Only(emulator.TB) emulator.Run
	Profile(string) emulator.Runs
	Status(sf.JourneyRunStatus) emulator.Runs
	String() string
	Version(int) emulator.Runs
} = (*emulator.Runs)(nil)

var _ interface {
	String() string
} = (*emulator.SeedProblem)(nil)

var _ interface {
	All() []emulator.Send
	Carrier(string, ...string) emulator.Sends
	Count() int
	Last() *emulator.Send
	None(emulator.TB)
	Only(emulator.TB) emulator.Send
	Reason(string) emulator.Sends
	Status(sf.EmailSendStatus) emulator.Sends
	String() string
	Template(string) emulator.Sends
	To(string) emulator.Sends
} = (*emulator.Sends)(nil)
