package decision

// blockSize is how many things stand in a block.
const blockSize = 4096

// blocks is a long list that grows without copying.
type blocks[T any] struct{ list [][]T }

// add appends a thing and returns its number.
func (b *blocks[T]) add(thing T) uint32 {
	last := len(b.list) - 1
	if last < 0 || len(b.list[last]) == blockSize {
		b.list = append(b.list, make([]T, 0, blockSize))
		last++
	}
	b.list[last] = append(b.list[last], thing)
	return uint32(last*blockSize + len(b.list[last]) - 1)
}

func (b *blocks[T]) at(i uint32) *T { return &b.list[i/blockSize][i%blockSize] }

func (b *blocks[T]) size() int {
	if len(b.list) == 0 {
		return 0
	}
	last := len(b.list) - 1
	return last*blockSize + len(b.list[last])
}
