package past

// Sample keeps an even share of a stream of unknown length: those whose hash
// lies below a limit that is halved whenever the sample is full. Which ones
// are kept depends on their ids alone, so that learning twice is the same.
type Sample[T any] struct {
	limit uint64
	size  int
	kept  []sampled[T]
}

type sampled[T any] struct {
	hash uint64
	item T
}

// NewSample returns an empty sample of at most size items.
func NewSample[T any](size int) Sample[T] { return Sample[T]{limit: 1<<64 - 1, size: size} }

// Wants tells whether an item with this id would be kept now.
func (s *Sample[T]) Wants(id int64) bool { return hash(id) <= s.limit }

// Add keeps the item if its id falls into the sample.
func (s *Sample[T]) Add(id int64, item T) {
	h := hash(id)
	if h > s.limit {
		return
	}
	s.kept = append(s.kept, sampled[T]{h, item})
	for len(s.kept) > s.size && s.limit > 0 {
		s.halve()
	}
}

func (s *Sample[T]) halve() {
	s.limit /= 2
	kept := s.kept[:0]
	for _, k := range s.kept {
		if k.hash <= s.limit {
			kept = append(kept, k)
		}
	}
	clear(s.kept[len(kept):])
	s.kept = kept
}

// Kept returns the items in the order in which they were added.
func (s *Sample[T]) Kept() []T {
	items := make([]T, len(s.kept))
	for i := range s.kept {
		items[i] = s.kept[i].item
	}
	return items
}

// hash is the finaliser of splitmix64 (Steele, Lea and Flood 2014), which
// spreads ids that follow each other.
func hash(id int64) uint64 {
	x := uint64(id) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
