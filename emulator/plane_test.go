package emulator_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/internal/planecheck"
)

// plane is control.yaml. Every reply of the control plane in the tests of this package is checked against it.
var plane = sync.OnceValues(func() (*planecheck.Plane, error) { return planecheck.Load("../control.yaml") })

// strays are the replies to requests of http.DefaultTransport that are not as control.yaml says.
var strays struct {
	sync.Mutex
	found []string
}

func TestMain(m *testing.M) {
	described, err := plane()
	if err != nil {
		fmt.Fprintln(os.Stderr, "control.yaml:", err)
		os.Exit(1)
	}
	http.DefaultTransport = described.Watch(http.DefaultTransport, func(err error) {
		strays.Lock()
		defer strays.Unlock()
		strays.found = append(strays.found, err.Error())
	})
	code := m.Run()
	if len(strays.found) > 0 {
		fmt.Fprintln(os.Stderr, strings.Join(strays.found, "\n"))
		code = max(code, 1)
	}
	os.Exit(code)
}

// checkPlane checks a reply of the control plane.
func checkPlane(t testing.TB, request *http.Request, reply *http.Response, body []byte) {
	t.Helper()
	described, err := plane()
	require.NoError(t, err)
	if strings.HasPrefix(request.URL.Path, planecheck.Prefix) {
		require.NoError(t, described.Check(request.Method, request.URL, reply, body))
	}
}

