package sqlite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// damage is one way to damage the files of a log. It changes what it is given, and says how; it says nothing when it
// found nothing to change, and is asked again.
type damage struct {
	kind string
	do   func(l *writtenLog, rng *rand.Rand) (files, string)
	// sealed: the files are those of a sound log, which only a seal tells from the one that was written.
	sealed bool
	// byLog: whoever reads the log notices, but a stream may seem to end early.
	byLog bool
}

// fileDamages are done by hardware, file systems and people who copy files.
func fileDamages() []damage {
	return []damage{
		{kind: "one bit of the database", do: bits(rest, "", 1)},
		{kind: "one bit of the database beside a WAL", do: bits(hot, "", 1)},
		{kind: "one bit of the WAL", do: bits(hot, walFile, 1)},
		{kind: "several bits of the database", do: bits(rest, "", 12)},
		{kind: "several bits of the WAL", do: bits(hot, walFile, 12)},
		{kind: "bits where a page begins", do: pageHead},
		{kind: "an entry of an index", do: entryBits},
		{kind: "noise in a page", do: noise},
		{kind: "the database cut short", do: cut(rest, "")},
		{kind: "the database cut short beside a WAL", do: cut(hot, "")},
		{kind: "the WAL cut short", do: cut(hot, walFile)},
		{kind: "a page of zeros", do: zeroPage},
		{kind: "two pages exchanged", do: exchangePages},
		{kind: "two pages of the WAL exchanged", do: exchangeFrames},
		{kind: "a page from an older copy", do: olderPages(1)},
		{kind: "pages from an older copy", do: olderPages(12)},
		{kind: "an older WAL", do: olderWAL},
		{kind: "an older database under the WAL", do: olderDatabase},
		{kind: "no WAL", do: without(walFile)},
		{kind: "an older copy in its place", do: olderCopy},
		{kind: "no database", do: emptied},
		{kind: "no shared memory", do: without(shmFile)},
		{kind: "the mark damaged", do: damagedMark},
	}
}

func rest(l *writtenLog) files { return l.rest.clone() }
func hot(l *writtenLog) files  { return l.hot.clone() }

// bits flips up to so many bits anywhere in a file.
func bits(of func(*writtenLog) files, name string, most int) func(*writtenLog, *rand.Rand) (files, string) {
	return func(l *writtenLog, rng *rand.Rand) (files, string) {
		f, said := of(l), ""
		for range 1 + rng.IntN(most) {
			said += flipBit(f[name], rng.IntN(len(f[name])), rng)
		}
		return f, fmt.Sprintf("events.db%s:%s", name, said)
	}
}

func flipBit(content []byte, at int, rng *rand.Rand) string {
	bit := rng.IntN(8)
	content[at] ^= 1 << bit
	return fmt.Sprintf(" bit %d of byte %d (page %d, byte %d)", bit, at, 1+at/pageBytes, at%pageBytes)
}

// either is the closed log or the one with a WAL.
func either(l *writtenLog, rng *rand.Rand) files {
	if rng.IntN(2) == 0 {
		return rest(l)
	}
	return hot(l)
}

// pageHead flips bits of what says how a page is to be read: its kind, the number of its cells, and where they are.
func pageHead(l *writtenLog, rng *rand.Rand) (files, string) {
	f, said := rest(l), ""
	page := rng.IntN(len(f[""]) / pageBytes)
	start, length := page*pageBytes, 32
	if page == 0 {
		length = 132 // the head of the file is there as well
	}
	for range 1 + rng.IntN(3) {
		said += flipBit(f[""], start+rng.IntN(length), rng)
	}
	return f, said
}

func noise(l *writtenLog, rng *rand.Rand) (files, string) {
	f := either(l, rng)
	at := rng.IntN(len(f[""]))
	n := min(1+rng.IntN(512), len(f[""])-at)
	for i := range n {
		f[""][at+i] = byte(rng.Uint32())
	}
	return f, fmt.Sprintf("%d bytes from byte %d on (page %d, byte %d)", n, at, 1+at/pageBytes, at%pageBytes)
}

func cut(of func(*writtenLog) files, name string) func(*writtenLog, *rand.Rand) (files, string) {
	return func(l *writtenLog, rng *rand.Rand) (files, string) {
		f := of(l)
		at := rng.IntN(len(f[name]))
		if rng.IntN(2) == 0 {
			at -= at % pageBytes
		}
		f[name] = f[name][:at]
		return f, fmt.Sprintf("events.db%s ends at byte %d", name, at)
	}
}

func zeroPage(l *writtenLog, rng *rand.Rand) (files, string) {
	f := either(l, rng)
	page := rng.IntN(len(f[""]) / pageBytes)
	clear(pageOf(f[""], page))
	return f, fmt.Sprintf("page %d", page+1)
}

// pageOf returns a page of a database, the first being 0.
func pageOf(content []byte, page int) []byte { return content[page*pageBytes:][:pageBytes] }

func exchangePages(l *writtenLog, rng *rand.Rand) (files, string) {
	f := either(l, rng)
	pages := len(f[""]) / pageBytes
	a, b := rng.IntN(pages), rng.IntN(pages)
	return f, exchange(pageOf(f[""], a), pageOf(f[""], b), fmt.Sprintf("pages %d and %d", a+1, b+1))
}

func exchange(a, b []byte, said string) string {
	if bytes.Equal(a, b) {
		return ""
	}
	kept := bytes.Clone(a)
	copy(a, b)
	copy(b, kept)
	return said
}

func exchangeFrames(l *writtenLog, rng *rand.Rand) (files, string) {
	f := hot(l)
	frames := (len(f[walFile]) - walHeader) / frameBytes
	a, b := rng.IntN(frames), rng.IntN(frames)
	frame := func(n int) []byte { return f[walFile][walHeader+n*frameBytes:][:frameBytes] }
	return f, exchange(frame(a), frame(b), fmt.Sprintf("frames %d and %d", a, b))
}

// olderPages puts up to so many pages of one older copy in the place of the present ones.
func olderPages(most int) func(*writtenLog, *rand.Rand) (files, string) {
	return func(l *writtenLog, rng *rand.Rand) (files, string) {
		f, older := either(l, rng), l.older
		if rng.IntN(2) == 0 {
			older = l.earlier
		}
		said := ""
		for range 1 + rng.IntN(most) {
			page := rng.IntN(len(older[""]) / pageBytes)
			if before := pageOf(older[""], page); !bytes.Equal(before, pageOf(f[""], page)) {
				copy(pageOf(f[""], page), before)
				said += fmt.Sprintf(" page %d", page+1)
			}
		}
		return f, said
	}
}

// olderWAL puts a WAL, or the beginning of one, into the place of the present one, or beside a database that was closed.
func olderWAL(l *writtenLog, rng *rand.Rand) (files, string) {
	f, older := either(l, rng), l.older
	if rng.IntN(2) == 0 {
		older = l.earlier
	}
	f[walFile] = bytes.Clone(older[walFile])
	return f, fmt.Sprintf("%d bytes", len(f[walFile]))
}

func olderDatabase(l *writtenLog, rng *rand.Rand) (files, string) {
	f := hot(l)
	f[""] = bytes.Clone(l.older[""])
	return f, fmt.Sprintf("%d bytes under the WAL of %d", len(f[""]), len(f[walFile]))
}

func without(name string) func(*writtenLog, *rand.Rand) (files, string) {
	return func(l *writtenLog, _ *rand.Rand) (files, string) {
		f := hot(l)
		delete(f, name)
		return f, "events.db" + name + " is gone"
	}
}

// olderCopy is what a backup leaves that was put back while the present mark stayed.
func olderCopy(l *writtenLog, rng *rand.Rand) (files, string) {
	older, said := l.older, "the older one"
	if rng.IntN(2) == 0 {
		older, said = l.earlier, "the earlier one"
	}
	f := older.clone()
	if rng.IntN(2) == 0 {
		delete(f, walFile)
		said += " without its WAL"
	}
	f[markFile] = l.rest[markFile]
	return f, said
}

func emptied(l *writtenLog, rng *rand.Rand) (files, string) {
	f := either(l, rng)
	if rng.IntN(2) == 0 {
		delete(f, "")
		return f, "it is gone"
	}
	f[""] = nil
	return f, "it is empty"
}

func damagedMark(l *writtenLog, rng *rand.Rand) (files, string) {
	f := either(l, rng)
	switch rng.IntN(3) {
	case 0:
		delete(f, markFile)
		return f, "it is gone"
	case 1:
		f[markFile] = f[markFile][:rng.IntN(len(f[markFile]))]
		return f, fmt.Sprintf("it ends after %d bytes", len(f[markFile]))
	}
	return f, flipBit(f[markFile], rng.IntN(len(f[markFile])), rng)
}
