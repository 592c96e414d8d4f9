package throwaway

import "os/exec"

func unprivileged(folder string) (func(*exec.Cmd), error) {
	return func(c *exec.Cmd) { c.Dir = folder }, nil
}
