// Package app wires the rooms together: configuration, the timetable of every
// timer, start and graceful stop.
package app

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"siyu/internal/fault"
)

// Config is how this installation is set up. What a person changes while the
// product runs (budgets, quiet hours, WeCom secrets) is a setting in the
// database instead and has its page.
type Config struct {
	Addr        string        `key:"addr" default:"127.0.0.1:8080" help:"Address the console and the callbacks listen on."`
	Data        string        `key:"data_dir" default:"siyu-data" help:"Folder of the embedded database, the key file and uploads."`
	DB          string        `key:"db" default:"" help:"postgres:// URL. Empty: SQLite in the data folder."`
	PublicURL   string        `key:"public_url" default:"" help:"https address WeCom reaches this server by. Empty: polling only, no welcomes, slower alerts."`
	KeyFile     string        `key:"key_file" default:"" help:"File with the key that seals personal data. Empty: vault.key in the data folder. Keep a copy apart from backups of the database."`
	WeComURL    string        `key:"wecom_url" default:"https://qyapi.weixin.qq.com" help:"Address of the WeCom API; another one only for the simulator."`
	LoginURL    string        `key:"wecom_login_url" default:"https://open.weixin.qq.com" help:"Address where members log in inside WeCom; another one only for the simulator."`
	ArchiveURL  string        `key:"archive_url" default:"" help:"Address of a message archive exporter that answers JSON lines. Empty: without archive."`
	OrderFolder string        `key:"order_folder" default:"" help:"Folder whose new shop exports are imported by themselves. Empty: none."`
	OrderURL    string        `key:"order_url" default:"" help:"https address of a shop export that is fetched every hour. Empty: none."`
	Zone        string        `key:"zone" default:"Asia/Shanghai" help:"Business time zone."`
	TrustProxy  string        `key:"trust_proxy" default:"" help:"Address of the reverse proxy whose X-Forwarded-For is believed. Empty: none."`
	MemoryLimit string        `key:"memory_limit" default:"1500MiB" help:"Soft limit of the process's memory (GOMEMLIMIT). Enough for about 1,000,000 customers; with 10,000,000 reading the audience index alone takes 2.7 GB: set 5GiB. A lower limit costs processor time."`
	StopWithin  time.Duration `key:"stop_within" default:"20s" help:"How long a graceful stop may take."`
}

// envPrefix stands before the upper-case key in the environment.
const envPrefix = "SIYU_"

// LoadConfig reads defaults, then the file (key = value lines, # comments),
// then the environment (SIYU_ADDR ...); the later wins. An empty path reads no
// file. An unknown key or a bad value is an error that names file and line.
func LoadConfig(path string, getenv func(string) string) (Config, error) {
	var c Config
	for _, f := range fields(&c) {
		if err := f.set(f.fallback); err != nil {
			return Config{}, fmt.Errorf("default of %s: %w", f.key, err)
		}
	}
	if path != "" {
		if err := readConfig(path, &c); err != nil {
			return Config{}, err
		}
	}
	for _, f := range fields(&c) {
		name := envPrefix + strings.ToUpper(f.key)
		if v := getenv(name); v != "" {
			if err := f.set(v); err != nil {
				return Config{}, fault.New(fault.Invalid, "environment %s=%q: %v", name, v, err)
			}
		}
	}
	return c, nil
}

// readConfig reads one file over what c holds.
func readConfig(path string, c *Config) error {
	file, err := os.Open(path)
	if err != nil {
		return fault.New(fault.Invalid, "configuration: %v", err)
	}
	defer file.Close()
	known := map[string]field{}
	for _, f := range fields(c) {
		known[f.key] = f
	}
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		key, value, ok := strings.Cut(text, "=")
		f, exists := known[strings.TrimSpace(key)]
		switch {
		case !ok:
			return fault.New(fault.Invalid, "%s line %d: %q is not key = value", path, n, text)
		case !exists:
			return fault.New(fault.Invalid, "%s line %d: unknown key %q; docs/configuration.md lists all", path, n, strings.TrimSpace(key))
		}
		if err := f.set(strings.Trim(strings.TrimSpace(value), `"`)); err != nil {
			return fault.New(fault.Invalid, "%s line %d: %s: %v", path, n, f.key, err)
		}
	}
	return lines.Err()
}

// DatabaseURL returns what storage opens.
func (c Config) DatabaseURL() string {
	if c.DB != "" {
		return c.DB
	}
	return "sqlite://" + c.DatabasePath()
}

// DatabasePath returns the file of the embedded database.
func (c Config) DatabasePath() string { return filepath.Join(c.Data, "siyu.db") }

// KeyPath returns the file of the vault's key.
func (c Config) KeyPath() string {
	if c.KeyFile != "" {
		return c.KeyFile
	}
	return filepath.Join(c.Data, "vault.key")
}

// Reference returns docs/configuration.md.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\nGenerated by `siyu docs`. A file (`--config FILE`, lines of `key = value`) and the\nenvironment set the same keys; the environment wins. What is not here is set on\nthe Settings page.\n\n| key | environment | default | meaning |\n|---|---|---|---|\n")
	for _, f := range fields(&Config{}) {
		fallback := "`" + f.fallback + "`"
		if f.fallback == "" {
			fallback = "-"
		}
		fmt.Fprintf(&b, "| `%s` | `%s%s` | %s | %s |\n", f.key, envPrefix, strings.ToUpper(f.key), fallback, f.help)
	}
	return b.String()
}

// field is one key of Config.
type field struct {
	key, fallback, help string
	value               reflect.Value
}

func fields(c *Config) []field {
	v := reflect.ValueOf(c).Elem()
	all := make([]field, 0, v.NumField())
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		all = append(all, field{tag.Get("key"), tag.Get("default"), tag.Get("help"), v.Field(i)})
	}
	return all
}

func (f field) set(text string) error {
	switch f.value.Interface().(type) {
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return fmt.Errorf("expected a duration such as 20s")
		}
		f.value.SetInt(int64(d))
	case string:
		f.value.SetString(text)
	default:
		return fmt.Errorf("keys of kind %s cannot be read", f.value.Kind())
	}
	return nil
}

// Bytes reads an amount of memory: "1500MiB", "2GiB", "1048576".
func Bytes(text string) (int64, error) {
	for suffix, unit := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			n, err := strconv.ParseInt(number, 10, 32)
			if err != nil || n <= 0 {
				break
			}
			return n * unit, nil
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.New(fault.Invalid, "memory %q: expected a number with KiB, MiB or GiB", text)
	}
	return n, nil
}
