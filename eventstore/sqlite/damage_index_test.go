package sqlite_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldgo/skald/eventstore"
	"github.com/skaldgo/skald/eventstore/sqlite"
)

// indexEntry is a cell of an index, as the file format of SQLite lays it down: a length, a head of serial types, values.
type indexEntry struct {
	page, at int // of the cell in the file
	values   [][]byte
	types    []uint64
}

// integer returns a value that is one.
func (e indexEntry) integer(column int) (n int64, ok bool) {
	switch typ := e.types[column]; {
	case typ == 8 || typ == 9:
		return int64(typ - 8), true
	case typ < 1 || typ > 6:
		return 0, false
	}
	for _, b := range e.values[column] {
		n = n<<8 | int64(b)
	}
	return n, true
}

// indexEntries returns the cells of all indexes, whose values are slices of the content.
func indexEntries(content []byte) (entries []indexEntry) {
	for page := range len(content) / pageBytes {
		body, head := pageOf(content, page), 0
		if page == 0 {
			head = 100
		}
		kind, cells := body[head], int(binary.BigEndian.Uint16(body[head+3:]))
		first, skip := head+8, 0
		switch kind {
		case 0x0a: // a leaf
		case 0x02: // an inner page, whose cells begin with the number of a page
			first, skip = head+12, 4
		default:
			continue
		}
		for i := range cells {
			at := int(binary.BigEndian.Uint16(body[first+2*i:])) + skip
			entries = append(entries, parseEntry(body[at:], page, page*pageBytes+at))
		}
	}
	return entries
}

func parseEntry(cell []byte, page, at int) indexEntry {
	e := indexEntry{page: page, at: at}
	_, n := uvarint(cell)
	cell = cell[n:]
	length, n := uvarint(cell)
	types, values := cell[n:length], cell[length:]
	for len(types) > 0 {
		typ, n := uvarint(types)
		size := []uint64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0}[min(typ, 11)]
		if typ >= 12 {
			size = (typ - 12) / 2
		}
		e.types, e.values = append(e.types, typ), append(e.values, values[:size])
		types, values = types[n:], values[size:]
	}
	return e
}

// uvarint reads a number of SQLite's kind, of up to eight bytes.
func uvarint(b []byte) (v uint64, n int) {
	for v = 0; ; n++ {
		v = v<<7 | uint64(b[n]&0x7f)
		if b[n] < 0x80 {
			return v, n + 1
		}
	}
}

// ends reports whether the entry is that of the last event of a stream, and of which.
func (e indexEntry) ends(l *writtenLog) (stream string, yes bool) {
	if len(e.types) != 3 { // stream, revision, position
		return "", false
	}
	streamNo, ok := e.integer(0)
	revision, isEntry := e.integer(1)
	if !ok || !isEntry || streamNo < 1 || streamNo > int64(len(l.names)) {
		return "", false
	}
	stream = l.names[streamNo-1]
	return stream, revision == int64(len(l.streams[stream])-1)
}

// entryBits flips bits in one entry of an index, half of the time in the last one of a stream of several events, which
// nothing follows that would miss it.
func entryBits(l *writtenLog, rng *rand.Rand) (files, string) {
	f, said := rest(l), ""
	entries := indexEntries(f[""])
	if rng.IntN(2) == 0 {
		entries = slices.DeleteFunc(entries, func(e indexEntry) bool {
			stream, yes := e.ends(l)
			return !yes || len(l.streams[stream]) < 2
		})
	}
	e := entries[rng.IntN(len(entries))]
	length := 0
	for _, v := range e.values {
		length += len(v)
	}
	for range 1 + rng.IntN(3) {
		said += flipBit(f[""], e.at+rng.IntN(length+1+len(e.types)), rng)
	}
	return f, said
}

// The last entry of a stream in the index is what tells where the stream ends.
func TestNoStreamEndsEarlyWhenItsLastEntryInTheIndexIsDamaged(t *testing.T) {
	l, path, noticed := writeLog(t), newPath(t), 0
	try := func(f files, stream, what string) {
		require.NoError(t, f.write(path))
		if requireEnd(t, l, path, stream, what) {
			noticed++
		}
	}
	for _, e := range indexEntries(l.rest[""]) {
		name, yes := e.ends(l)
		if !yes {
			continue
		}
		for _, change := range []struct {
			column int
			bit    byte
		}{{0, 1}, {1, 1}, {1, 32}, {2, 1}} {
			f := rest(l)
			value := parseEntry(f[""][e.at:], e.page, e.at).values[change.column]
			if len(value) == 0 {
				continue
			}
			value[len(value)-1] ^= change.bit
			try(f, name, fmt.Sprintf("bit %d of column %d of the entry of %s", change.bit, change.column, name))
		}
		f := rest(l)
		f[""][e.at+3] ^= 2 // the type of the revision, which is then none
		try(f, name, "the type of the revision in the entry of "+name)
	}
	require.Greater(t, noticed, 2*len(l.names))
}

// requireEnd reads and appends to a stream, whose end must not be mistaken. It reports whether the entry was in use: a page
// that the index gave up keeps what it held.
func requireEnd(t *testing.T, l *writtenLog, path, stream, what string) (inUse bool) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil { // the entry is the last one of all
		require.ErrorIs(t, err, eventstore.ErrCorrupt, what)
		return true
	}
	defer func() { require.NoError(t, store.Close()) }()
	p := probe{log: l, path: path}
	p.compare(what, store.ReadStream(t.Context(), stream, 0, eventstore.Forwards), l.streams[stream])
	require.Empty(t, p.wrong)
	result, err := store.Append(t.Context(), stream, eventstore.Any, newEvent(0))
	if err != nil || len(p.errors) > 0 {
		require.ErrorIs(t, err, eventstore.ErrCorrupt, what)
		return true
	}
	require.Equal(t, int64(len(l.streams[stream])), result.Revision, what)
	return false
}

// The cells of an inner page are the borders by which a search decides where to go on.
func TestAnInnerPageOfAnOlderCopyLeadsNoSearchAstray(t *testing.T) {
	l, path, tried := writeLog(t), newPath(t), 0
	for _, older := range []files{l.older, l.earlier} {
		for page := 1; page < len(older[""])/pageBytes; page++ {
			before, f := pageOf(older[""], page), rest(l)
			if kind := before[0]; kind != 0x02 && kind != 0x05 || bytes.Equal(before, pageOf(f[""], page)) {
				continue
			}
			copy(pageOf(f[""], page), before)
			require.NoError(t, f.write(path))
			p := probe{log: l, path: path, rng: rand.New(rand.NewPCG(1, uint64(page)))}
			p.run()
			require.Empty(t, p.wrong, "page %d", page+1)
			require.NotEmpty(t, p.errors, "page %d", page+1)
			tried++
		}
	}
	require.Positive(t, tried)
}
