// ignition reads a configuration from standard input as Ignition does, prints what it reports, and fails if Ignition would.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/coreos/ignition/v2/config"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_, report, err := config.Parse(text)
	for _, entry := range report.Entries {
		fmt.Println(entry)
	}
	if err != nil || report.IsFatal() {
		os.Exit(1)
	}
}
