package main

import (
	"bytes"
	"io"
	"net/http"

	"mpctl/internal/console"
	"mpctl/internal/test/boardtest"
)

// testApp is an app whose output can be looked at.
func testApp() (a *app, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return appOn(new(bytes.Buffer), stdout, stderr), stdout, stderr
}

// appOn is an app on the given streams, without an environment.
func appOn(stdin io.Reader, stdout, stderr io.Writer) *app {
	environment := func(string) string { return "" }
	return &app{Console: console.New(stdin, stdout, stderr, environment), env: environment}
}

// counting sends 1, 2, 3, … without a pause, as long as the client is there.
func counting(_ int, w http.ResponseWriter, r *http.Request) {
	for i := 1; r.Context().Err() == nil; i++ {
		boardtest.Send(w, boardtest.Light(float64(i)))
	}
}

// stalling sends values and then nothing more.
func stalling(values ...float64) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, r *http.Request) {
		for _, v := range values {
			boardtest.Send(w, boardtest.Light(v))
		}
		<-r.Context().Done()
	}
}

func ptr[T any](v T) *T { return &v }
