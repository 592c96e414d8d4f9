//go:build !linux

package storage_test

const diskVariable = "SIYU_TEST_FILL_DISK"

func fillDisk(string) int { return 1 }
