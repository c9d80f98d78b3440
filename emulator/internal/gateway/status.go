package gateway

import "net/http"

// statusWriter remembers the status of a reply. It calls answered once, before the caller can have read the reply.
type statusWriter struct {
	http.ResponseWriter
	status   int
	keep     bool
	kept     string // the body, if keep is set
	answered func()
}

// answer calls answered, the first time.
func (watched *statusWriter) answer() {
	if answered := watched.answered; answered != nil {
		watched.answered = nil
		answered()
	}
}

func (watched *statusWriter) WriteHeader(status int) {
	if watched.status == 0 && status >= http.StatusOK {
		watched.status = status
	}
	watched.ResponseWriter.WriteHeader(status)
}

// Write writes the body. Each handler does it in one call.
func (watched *statusWriter) Write(content []byte) (int, error) {
	if watched.status == 0 {
		watched.status = http.StatusOK
	}
	if watched.keep {
		watched.kept += string(content)
	}
	watched.answer()
	return watched.ResponseWriter.Write(content)
}

// Unwrap returns the wrapped writer, for http.ResponseController.
func (watched *statusWriter) Unwrap() http.ResponseWriter { return watched.ResponseWriter }
