package emulator_test

import (
	"flag"
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

func TestMain(m *testing.M) {
	described, err := plane()
	if err != nil {
		fmt.Fprintln(os.Stderr, "control.yaml:", err)
		os.Exit(1)
	}
	var mu sync.Mutex
	var wrong []string
	http.DefaultTransport = described.Watch(http.DefaultTransport, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		wrong = append(wrong, err.Error())
	})
	code := m.Run()
	all := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" && !racing
	for operation, id := range described.Operations() {
		if all && code == 0 && !described.Answered(id) {
			wrong = append(wrong, "no test has "+operation+" answered with success")
		}
	}
	if len(wrong) > 0 {
		fmt.Fprintln(os.Stderr, strings.Join(wrong, "\n"))
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
