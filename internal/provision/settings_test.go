package provision

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mpctl/internal/identity"
)

func TestSettingsMerge(t *testing.T) {
	for name, tt := range map[string]struct {
		old  string
		o    Options
		want string
	}{
		"fresh board": {
			``, Options{},
			`{"name":"mpy-c3d4e5","port":80,"v":1,"wifi":[{"password":"p&w <1>","ssid":"home"}]}`,
		},
		"named, with a pin": {
			``, Options{Name: "desk", LightPin: pointer(34)},
			`{"name":"desk","port":80,"sensors":{"light":{"pin":34}},"v":1,"wifi":[{"password":"p&w <1>","ssid":"home"}]}`,
		},
		"pin 0": {
			``, Options{Name: "desk", LightPin: pointer(0)},
			`{"name":"desk","port":80,"sensors":{"light":{"pin":0}},"v":1,"wifi":[{"password":"p&w <1>","ssid":"home"}]}`,
		},
		"what is known stays": {
			`{"v":1,"name":"shelf","port":8080,"x":[1],"sensors":{"light":{"pin":3,"min":5},"sound":{"pin":4}},"wifi":[{"ssid":"cafe","password":"a","k":1},{"ssid":"home","password":"old"}]}`,
			Options{LightPin: pointer(34)},
			`{"name":"shelf","port":8080,"sensors":{"light":{"min":5,"pin":34},"sound":{"pin":4}},"v":1,"wifi":[{"password":"p&w <1>","ssid":"home"},{"ssid":"cafe","password":"a","k":1}],"x":[1]}`,
		},
		"of wrong shapes": {
			`{"name":"Ä B","wifi":"x","sensors":[1]}`, Options{LightPin: pointer(2)},
			`{"name":"mpy-c3d4e5","port":80,"sensors":{"light":{"pin":2}},"v":1,"wifi":[{"password":"p&w <1>","ssid":"home"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := parseSettings([]byte(tt.old))
			if err := s.merge(tt.o, "a0b1c2c3d4e5", Credentials{SSID: "home", Password: "p&w <1>"}); err != nil {
				t.Fatal(err)
			}
			file, err := s.file()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(file.Data)); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettingsKeptWhenTheyAreNoObject(t *testing.T) {
	file, err := settings{}.file()
	if err != nil {
		t.Fatal(err)
	}
	for old, keep := range map[string]bool{"": true, "[1]": true, "null": true, "{": true, "{}": false, `{"v":1}`: false} {
		if file.Keep([]byte(old)) != keep {
			t.Errorf("Keep(%q) = %v", old, !keep)
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"v":1,"name":"desk","wifi":[{"ssid":"a","password":"b"}],"sensors":{"light":{"pin":34}}}`))
	f.Add([]byte(`{"wifi":[null,1,{"ssid":null}],"sensors":{"light":null},"name":""}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, old []byte) {
		s := parseSettings(old)
		if err := s.merge(Options{LightPin: pointer(1)}, "a0b1c2d3e4f5", Credentials{SSID: "home", Password: "secret 1"}); err != nil {
			t.Fatal(err)
		}
		file, err := s.file()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Name string           `json:"name"`
			WiFi []map[string]any `json:"wifi"`
		}
		if err := json.Unmarshal(file.Data, &got); err != nil {
			t.Fatalf("%s: %v", file.Data, err)
		}
		if !identity.IsName(got.Name) || len(got.WiFi) == 0 || got.WiFi[0]["ssid"] != "home" {
			t.Fatalf("settings = %s", file.Data)
		}
	})
}
