//go:build darwin

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const roleVariable = "MPCTL_BENCH_ROLE"

func runRole(context.Context) error { return errors.New("only on Linux") }

func discoveries(context.Context, time.Duration) error {
	fmt.Println("finding boards: not measured: that needs Linux's network namespaces")
	return nil
}

func watches(context.Context, time.Duration) error { return nil }
