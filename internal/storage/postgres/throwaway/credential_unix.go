//go:build unix

package throwaway

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// unprivileged gives the folder to an ordinary account when this process is
// root, and returns how to run commands as that account.
func unprivileged(folder string) (func(*exec.Cmd), error) {
	own := func(c *exec.Cmd) { c.Dir = folder }
	if os.Geteuid() != 0 {
		return own, nil
	}
	uid, gid, err := owner()
	if err != nil {
		return nil, fmt.Errorf("find an account for PostgreSQL: %w", err)
	}
	if err := os.Chown(folder, uid, gid); err != nil {
		return nil, err
	}
	return func(c *exec.Cmd) {
		own(c)
		c.SysProcAttr = &syscall.SysProcAttr{
			Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)},
		}
	}, nil
}
