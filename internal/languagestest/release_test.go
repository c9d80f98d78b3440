package languagestest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// archive returns what a release has for this kind of machine: the program, and a file beside it.
func archive(t *testing.T, program string) []byte {
	t.Helper()
	raw, err := os.ReadFile(program)
	require.NoError(t, err)
	var packed bytes.Buffer
	zipped, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	require.NoError(t, err)
	files := tar.NewWriter(zipped)
	for _, file := range []struct {
		name string
		mode int64
		text []byte
	}{{"LICENSE", 0o644, []byte("MIT")}, {"segmentflow-emulator", 0o755, raw}} {
		header := &tar.Header{Name: file.name, Mode: file.mode, Size: int64(len(file.text))}
		require.NoError(t, files.WriteHeader(header))
		_, err = files.Write(file.text)
		require.NoError(t, err)
	}
	require.NoError(t, files.Close())
	require.NoError(t, zipped.Close())
	return packed.Bytes()
}

// serveRelease plays the releases of GitHub. It returns the variable that makes curl, and nothing else, go there: the
// folder of a .curlrc, which also names the server's own authority.
func serveRelease(t *testing.T, program string) string {
	t.Helper()
	const project = "/segmentflow/segmentflow-go/releases"
	packed := archive(t, program)
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+project+"/latest/download/{name}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, project+"/download/v9.9.9/"+r.PathValue("name"), http.StatusFound)
	})
	mux.HandleFunc("GET "+project+"/download/v9.9.9/segmentflow-emulator_linux_amd64.tar.gz",
		func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(packed) })
	server := httptest.NewUnstartedServer(mux)
	certificate := certify(t, "github.com")
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	t.Cleanup(server.Close)

	home := t.TempDir()
	authority := filepath.Join(home, "authority.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}
	write(t, authority, string(pem.EncodeToMemory(block)))
	settings := "cacert = %q\nconnect-to = \"github.com:443:%s\"\nnoproxy = \"*\"\n"
	address := strings.TrimPrefix(server.URL, "https://")
	write(t, filepath.Join(home, ".curlrc"), fmt.Sprintf(settings, authority, address))
	return "CURL_HOME=" + home
}

// certify returns a certificate for a host that is its own authority.
func certify(t *testing.T, host string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: host},
		DNSNames:              []string{host},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
