package content

import (
	"bytes"
	"strings"

	"siyu/internal/id"
)

// File is a picture, a film or another file that goes with a text.
type File struct {
	Code id.Code  `json:"code"` // of what is in it: the same file is uploaded once
	Kind FileKind `json:"kind"`
	Name string   `json:"name"` // as it was uploaded; customers see it of a KindFile
}

// Key names the file in addresses.
func (f File) Key() string { return id.Text(f.Code) }

// FileKind is how WeCom shows a file.
type FileKind string

// The kinds.
const (
	KindImage FileKind = "image"
	KindVideo FileKind = "video"
	KindFile  FileKind = "file"
)

// WeCom's limits of a file, in bytes, and how many go with a message: nine
// attachments, of which one may be the card of the link.
const (
	fewestBytes = 6
	mostImage   = 10 << 20
	mostVideo   = 10 << 20
	MostBytes   = 20 << 20 // of any file
	MostFiles   = 8
	mostName    = 120
)

// The flaws of files.
const (
	FlawFileEmpty Flaw = "file_empty"
	FlawFileSize  Flaw = "file_size"  // larger than WeCom takes of its kind
	FlawFileName  Flaw = "file_name"  // missing or too long
	FlawFiles     Flaw = "files_many" // more than MostFiles, or one twice
)

// NewFile looks at what was uploaded under a name and returns the file, "" where
// nothing is wrong with it. JPG and PNG are images, MP4 is a film, all else a file.
func NewFile(name string, data []byte) (File, Flaw) {
	name = strings.TrimSpace(name)
	f := File{Code: id.CodeOf("file\n" + string(data)), Kind: kindOf(data), Name: name}
	most := map[FileKind]int{KindImage: mostImage, KindVideo: mostVideo, KindFile: MostBytes}[f.Kind]
	switch {
	case len(data) < fewestBytes:
		return f, FlawFileEmpty
	case len(data) > most:
		return f, FlawFileSize
	case name == "" || len(name) > mostName || strings.ContainsAny(name, "/\\\x00\n\r\""):
		return f, FlawFileName
	}
	return f, ""
}

func kindOf(data []byte) FileKind {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")), bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return KindImage
	case len(data) > 12 && string(data[4:8]) == "ftyp":
		return KindVideo
	}
	return KindFile
}

// flawsOfFiles returns what is wrong with the files of a material together.
func flawsOfFiles(files []File) []Flaw {
	seen := map[id.Code]bool{}
	for _, f := range files {
		if seen[f.Code] {
			return []Flaw{FlawFiles}
		}
		seen[f.Code] = true
	}
	if len(files) > MostFiles {
		return []Flaw{FlawFiles}
	}
	return nil
}

// FilesText returns files as dispatches and tasks keep them: "image:abc file:d".
func FilesText(files []File) string {
	texts := make([]string, len(files))
	for i, f := range files {
		texts[i] = string(f.Kind) + ":" + id.Text(f.Code)
	}
	return strings.Join(texts, " ")
}

// FilesOf returns the files that FilesText wrote, without names.
func FilesOf(text string) (files []File) {
	for _, one := range strings.Fields(text) {
		kind, code, _ := strings.Cut(one, ":")
		if c, ok := id.Parse[id.Code](code); ok {
			files = append(files, File{Code: c, Kind: FileKind(kind)})
		}
	}
	return files
}
