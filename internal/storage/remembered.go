package storage

import "sync"

// remembered keeps what pages read of the database until it changes. It keeps
// nothing where another process may write: only the one that holds a SQLite
// file can know that nothing changed.
type remembered[K comparable, V any] struct {
	most    int // entries kept
	alone   bool
	mu      sync.Mutex
	kept    map[K]V
	changes int // so far; what was read meanwhile is not kept
}

// forget drops what is kept under the keys.
func (r *remembered[K, V]) forget(keys ...K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	for _, k := range keys {
		delete(r.kept, k)
	}
}

// forgetAll drops everything.
func (r *remembered[K, V]) forgetAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	r.kept = nil
}

// take returns what is kept, the keys of the rest, and what put asks for once
// that was read. The values are shared: nobody may change them.
func (r *remembered[K, V]) take(keys ...K) (found map[K]V, missing []K, changes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found = make(map[K]V, len(keys))
	for _, k := range keys {
		if v, ok := r.kept[k]; ok {
			found[k] = v
		} else {
			missing = append(missing, k)
		}
	}
	return found, missing, r.changes
}

// put keeps what was read, unless something changed since take.
func (r *remembered[K, V]) put(read map[K]V, changes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.alone || r.changes != changes {
		return
	}
	if r.kept == nil || len(r.kept)+len(read) > r.most {
		r.kept = make(map[K]V, len(read))
	}
	for k, v := range read {
		r.kept[k] = v
	}
}
