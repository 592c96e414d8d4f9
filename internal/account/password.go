package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"siyu/internal/fault"
)

// Cost of a password hash: the first choice of the OWASP password storage
// guide for argon2id, about 25 ms here.
const (
	hashMemory  = 19 * 1024 // KiB
	hashTime    = 2
	hashThreads = 1
	hashBytes   = 32
	saltBytes   = 16
	hashers     = 2
)

// Lengths of a password, in characters. The longest bounds the work of a guess.
const (
	shortestPassword = 10
	longestPassword  = 200
	fewestDistinct   = 5
)

// common holds what is guessed first among passwords that are long enough.
const common = " password12 password123 passw0rd123 1234567890 12345678910 123456789a a123456789 qwertyuiop qwerty12345 " +
	"1q2w3e4r5t 1qaz2wsx3edc woaini1314 woaini520520 5201314520 iloveyou123 administrator admin123456 admin12345 " +
	"abc1234567 abcd123456 abc123456789 asdfghjkl123 zxcvbnm123 wechat123456 weixin123456 welcome123 letmein123 "

// checkPassword refuses passwords that are guessed easily.
func checkPassword(account, password string) error {
	n, distinct := 0, map[rune]bool{}
	for _, r := range password {
		n++
		distinct[r] = true
	}
	low := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password), n < shortestPassword, n > longestPassword, len(distinct) < fewestDistinct,
		strings.Contains(common, " "+low+" "), strings.Contains(low, strings.ToLower(account)):
		return fault.WithKey(fault.Invalid, "error.password_weak", errWeak)
	}
	return nil
}

// hashPassword returns the salted argon2id hash in the usual form.
func (a *Accounts) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	sum, err := a.derive(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// matches compares in constant time. Without a hash it works as long, so that
// nobody can tell which accounts exist.
func (a *Accounts) matches(ctx context.Context, password, hash string) (bool, error) {
	if utf8.RuneCountInString(password) > longestPassword {
		return false, nil
	}
	salt, want := parseHash(hash)
	sum, err := a.derive(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return want != nil && subtle.ConstantTimeCompare(sum, want) == 1, nil
}

func (a *Accounts) derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case a.hashing <- struct{}{}:
		defer func() { <-a.hashing }()
		return argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashBytes), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// parseHash returns salt and sum; a hash of another cost or none matches
// nothing.
func parseHash(hash string) (salt, sum []byte) {
	prefix := fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, hashMemory, hashTime, hashThreads)
	rest, ok := strings.CutPrefix(hash, prefix)
	if !ok {
		return make([]byte, saltBytes), nil
	}
	left, right, _ := strings.Cut(rest, "$")
	salt, errSalt := base64.RawStdEncoding.DecodeString(left)
	sum, errSum := base64.RawStdEncoding.DecodeString(right)
	if errSalt != nil || errSum != nil || len(sum) != hashBytes {
		return make([]byte, saltBytes), nil
	}
	return salt, sum
}
