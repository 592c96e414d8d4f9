package vault

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // is read as pictures are
	"sync"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // is read as pictures are

	"siyu/internal/fault"
)

// What a picture may measure when it comes, and what is kept of it.
const (
	MaxPhoto     = 12 << 20   // bytes: a phone's camera writes 2 to 6 MB
	maxPixels    = 32_000_000 // more than cameras of phones have set as they are sold; 130 MB while it is read
	photoEdge    = 1600       // pixels of the longer side as it is kept: writing on a shelf can be read
	photoQuality = 80         // of JPEG; some 300 KB
)

// The reasons for which a picture is refused.
var (
	errPhotoSize   = errors.New("the picture is too large")
	errPhotoKind   = errors.New("the file is no jpeg, png or webp")
	errPhotoBroken = errors.New("the picture cannot be read")
)

// reading lets one picture be read at a time: each takes memory by its pixels.
var reading sync.Mutex

// CleanPhoto returns a picture in jpeg, png or webp as it is kept: as JPEG, upright,
// at most photoEdge pixels wide and high, and without anything that a camera writes
// beside it, such as where it was taken. What it refuses is fault.Invalid with a key.
func CleanPhoto(raw []byte) ([]byte, error) {
	if len(raw) > MaxPhoto {
		return nil, fault.WithKey(fault.Invalid, "error.photo_size", errPhotoSize)
	}
	size, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	switch {
	case errors.Is(err, image.ErrFormat):
		return nil, fault.WithKey(fault.Invalid, "error.photo_kind", errPhotoKind)
	case err != nil:
		return nil, fault.WithKey(fault.Invalid, "error.photo_broken", errPhotoBroken)
	case size.Width*size.Height > maxPixels || size.Width <= 0 || size.Height <= 0:
		return nil, fault.WithKey(fault.Invalid, "error.photo_size", errPhotoSize)
	}
	reading.Lock()
	defer reading.Unlock()
	picture, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fault.WithKey(fault.Invalid, "error.photo_broken", errPhotoBroken)
	}
	kept := scaled(picture)
	if kind == "jpeg" {
		kept = upright(kept, orientation(raw))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, kept, &jpeg.Options{Quality: photoQuality}); err != nil {
		return nil, fmt.Errorf("write picture: %w", err)
	}
	return b.Bytes(), nil
}

// scaled returns the picture on white, made smaller where it is too large.
func scaled(p image.Image) *image.RGBA {
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	if long := max(w, h); long > photoEdge {
		w, h = max(1, w*photoEdge/long), max(1, h*photoEdge/long)
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(small, small.Bounds(), p, p.Bounds(), draw.Over, nil)
	return small
}

// upright turns a picture as its camera was held: by the numbers of EXIF 2.32,
// section 4.6.4, Orientation. 1 is as it is.
func upright(p *image.RGBA, orientation int) *image.RGBA {
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	from := map[int]func(x, y int) (int, int){
		2: func(x, y int) (int, int) { return w - 1 - x, y },
		3: func(x, y int) (int, int) { return w - 1 - x, h - 1 - y },
		4: func(x, y int) (int, int) { return x, h - 1 - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return y, h - 1 - x },
		7: func(x, y int) (int, int) { return w - 1 - y, h - 1 - x },
		8: func(x, y int) (int, int) { return w - 1 - y, x },
	}[orientation]
	if from == nil {
		return p
	}
	const lying = 5 // from this number on width and height change places
	if orientation >= lying {
		w, h = h, w
	}
	turned := image.NewRGBA(image.Rect(0, 0, w, h))
	w, h = p.Bounds().Dx(), p.Bounds().Dy()
	for y := range turned.Bounds().Dy() {
		for x := range turned.Bounds().Dx() {
			a, b := from(x, y)
			turned.SetRGBA(x, y, p.RGBAAt(a, b))
		}
	}
	return turned
}

// The marks of JPEG and EXIF that lead to the orientation.
const (
	jpegApp1        = 0xE1
	jpegScan        = 0xDA
	exifOrientation = 0x0112
	exifEntry       = 12 // bytes
	exifShort       = 3
)

// orientation returns how the camera of a JPEG was held, 1 where it does not say.
func orientation(raw []byte) int {
	for at := 2; at+4 <= len(raw) && raw[at] == 0xFF && raw[at+1] != jpegScan; {
		length := int(binary.BigEndian.Uint16(raw[at+2:]))
		end := at + 2 + length
		if length < 2 || end > len(raw) {
			return 1
		}
		if body, exif := bytes.CutPrefix(raw[at+4:end], []byte("Exif\x00\x00")); exif && raw[at+1] == jpegApp1 {
			return orientationIn(body)
		}
		at = end
	}
	return 1
}

func orientationIn(tiff []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(tiff, []byte("II")) {
		order = binary.LittleEndian
	}
	const head = 8
	if len(tiff) < head {
		return 1
	}
	at := int(order.Uint32(tiff[4:]))
	if at < head || at+2 > len(tiff) {
		return 1
	}
	entries := int(order.Uint16(tiff[at:]))
	for i := range entries {
		e := at + 2 + i*exifEntry
		if e+exifEntry > len(tiff) {
			return 1
		}
		if order.Uint16(tiff[e:]) == exifOrientation && order.Uint16(tiff[e+2:]) == exifShort {
			return int(order.Uint16(tiff[e+8:]))
		}
	}
	return 1
}

// SealPhoto returns the box of a picture that CleanPhoto returned, bound to where
// it stands.
func (v *Vault) SealPhoto(photo []byte, place string) []byte {
	return v.key.Seal(photo, []byte("photo/"+place))
}

// OpenPhoto returns the picture of a box.
func (v *Vault) OpenPhoto(box []byte, place string) ([]byte, error) {
	photo, err := v.key.Open(box, []byte("photo/"+place))
	if err != nil {
		return nil, fmt.Errorf("open a picture: %w", err)
	}
	return photo, nil
}
