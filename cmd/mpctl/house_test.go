package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// house says which packages of mpctl each of them may import: arrows point from the verbs through the engines and the
// libraries to the leaves. docs/architecture.md draws it.
var house = map[string]string{
	"cmd/mpctl": "console termsafe boards follow provision series chart number partfile atomicfile remembered identity " +
		"discover serialio httpclient firmware sim",

	// The terminal.
	"internal/console": "termsafe number",

	// Engines.
	"internal/provision": "boards serialio httpclient firmware identity number",
	"internal/follow":    "boards httpclient",
	"internal/boards":    "discover httpclient serialio sim remembered identity",

	// Libraries.
	"discover":            "identity",
	"httpclient":          "identity",
	"serialio":            "python",
	"serialio/repltest":   "serialio",
	"firmware":            "python",
	"sim":                 "firmware",
	"internal/series":     "httpclient identity",
	"internal/chart":      "series number termsafe",
	"internal/partfile":   "atomicfile filelock",
	"internal/remembered": "atomicfile filelock identity",

	// Leaves.
	"internal/console/termsafe": "",
	"internal/identity":         "",
	"internal/number":           "",
	"internal/python":           "",
	"internal/atomicfile":       "",
	"internal/filelock":         "",
}

// outside are folders whose programs and tests may import and print what they like.
var outside = []string{"bench", "internal/test"}

func TestHouse(t *testing.T) {
	seen := map[string]bool{}
	files := token.NewFileSet()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		if entry.IsDir() {
			if strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".." || slices.Contains(outside, relative) || entry.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			return err
		}
		folder := path.Dir(relative)
		seen[folder] = true
		checkImports(t, folder, relative, file)
		if folder != "internal/console" {
			checkStreams(t, files, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range house {
		if !seen[folder] {
			t.Errorf("the house has a room %s that is empty", folder)
		}
	}
}

// checkImports fails if a file imports a package that its own may not know.
func checkImports(t *testing.T, folder, name string, file *ast.File) {
	allowed, known := house[folder]
	if !known {
		t.Errorf("%s: the house has no room %s", name, folder)
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(imported, "mpctl/") && !slices.Contains(strings.Fields(allowed), path.Base(imported)) {
			t.Errorf("%s imports %s, against the direction of the arrows", name, imported)
		}
		if strings.HasPrefix(imported, "github.com/spf13/") && folder != "cmd/mpctl" {
			t.Errorf("%s imports %s, which only the verbs know", name, imported)
		}
	}
}

// checkStreams fails if a file takes hold of stdin, stdout or stderr.
func checkStreams(t *testing.T, files *token.FileSet, file *ast.File) {
	forbidden := map[string]string{"os": "Stdin Stdout Stderr", "fmt": "Print Printf Println Scan Scanf Scanln", "log": "Print Printf Println Fatal Fatalf Fatalln"}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			owner, ok := node.X.(*ast.Ident)
			if ok && slices.Contains(strings.Fields(forbidden[owner.Name]), node.Sel.Name) {
				t.Errorf("%s: %s.%s: only internal/console knows the streams", files.Position(node.Pos()), owner.Name, node.Sel.Name)
			}
		case *ast.CallExpr:
			if called, ok := node.Fun.(*ast.Ident); ok && (called.Name == "print" || called.Name == "println") && called.Obj == nil {
				t.Errorf("%s: %s: only internal/console knows the streams", files.Position(node.Pos()), called.Name)
			}
		}
		return true
	})
}
