package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// noise is a file that takes no memory.
type noise struct{ state uint64 }

func (n *noise) Read(into []byte) (int, error) {
	for i := range into {
		n.state = n.state*6364136223846793005 + 1442695040888963407
		into[i] = byte(n.state >> 56)
	}
	return len(into), nil
}

// BenchmarkUpload uploads a file of the largest size and gets it back, over a socket. The peaks are the most memory
// that the process had meanwhile, SQLite's included, beyond what it had before, as a multiple of the file.
func BenchmarkUpload(b *testing.B) {
	const size = 20 << 20
	for name, options := range map[string]func() []emulator.Option{
		"memory": func() []emulator.Option { return nil },
		"file": func() []emulator.Option {
			return []emulator.Option{emulator.WithDatabase(filepath.Join(b.TempDir(), "world.db"))}
		},
	} {
		b.Run(name, func(b *testing.B) {
			var put, get float64
			for b.Loop() {
				emu, err := emulator.New(options()...)
				require.NoError(b, err)
				emu.URL()
				s := library{b, emu}
				to, key := s.uploadURL("text/csv", size)
				put = max(put, peak(b, func() {
					request, err := http.NewRequestWithContext(b.Context(), http.MethodPut, to,
						io.LimitReader(&noise{}, size))
					require.NoError(b, err)
					request.ContentLength = size
					request.Header.Set("Content-Type", "text/csv")
					response, err := http.DefaultClient.Do(request)
					require.NoError(b, err)
					require.Equal(b, 200, response.StatusCode)
					require.NoError(b, response.Body.Close())
				})/size)
				made := s.api(200, "POST", "/assets",
					fmt.Sprintf(`{"filename":"a.csv","s3Key":%q,"contentType":"text/csv","size":%d}`, key, size))
				get = max(get, peak(b, func() {
					response, err := http.Get(made["asset"].(map[string]any)["url"].(string))
					require.NoError(b, err)
					n, err := io.Copy(io.Discard, response.Body)
					require.NoError(b, err)
					require.EqualValues(b, size, n)
					require.NoError(b, response.Body.Close())
				})/size)
				require.NoError(b, emu.Close())
			}
			b.ReportMetric(put, "put-peak/size")
			b.ReportMetric(get, "get-peak/size")
		})
	}
}

// peak returns by how many bytes the memory of the process grew at most while f ran.
func peak(b *testing.B, f func()) float64 {
	debug.FreeOSMemory()
	before := resident(b)
	var highest atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			highest.Store(max(highest.Load(), resident(b))) //nolint:testifylint // it worked before
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return float64(highest.Load() - before)
}
