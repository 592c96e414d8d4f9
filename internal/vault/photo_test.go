package vault_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"siyu/internal/fault"
	"siyu/internal/vault"
)

// shot returns a JPEG whose left upper quarter is red, with EXIF that says how the
// camera was held and where.
func shot(t *testing.T, w, h int, orientation uint16) []byte {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{B: 255, A: 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{R: 255, A: 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), append(tiff, []byte("GPS 31.2304 121.4737")...)...)
	raw := append([]byte{0xFF, 0xD8, 0xFF, 0xE1}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
	return append(append(raw, body...), b.Bytes()[2:]...)
}

func TestAPictureIsKeptUprightSmallAndWithoutItsPlace(t *testing.T) {
	const turnedRight = 6 // the left upper quarter then stands at the right
	raw := shot(t, 2400, 1200, turnedRight)
	kept, err := vault.CleanPhoto(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(raw, []byte("GPS")) || bytes.Contains(kept, []byte("GPS")) || bytes.Contains(kept, []byte("Exif")) {
		t.Error("what the camera wrote beside the picture is kept")
	}
	p, err := jpeg.Decode(bytes.NewReader(kept))
	if err != nil {
		t.Fatal(err)
	}
	if size := p.Bounds().Size(); size != image.Pt(800, 1600) {
		t.Errorf("kept at %v", size)
	}
	if r, _, b, _ := p.At(700, 100).RGBA(); r < b {
		t.Error("the picture lies on its side")
	}
	if r, _, b, _ := p.At(100, 100).RGBA(); r > b {
		t.Error("the picture was turned the other way")
	}
}

func TestPicturesOfAllKindsAreReadAndOthersAreRefusedWithAReason(t *testing.T) {
	var flat bytes.Buffer
	if err := png.Encode(&flat, image.NewNRGBA(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	// One pixel, lossless: Google's container as its specification has it.
	webp := []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
	for name, raw := range map[string][]byte{"png": flat.Bytes(), "webp": webp, "jpeg": shot(t, 40, 40, 1), "odd orientation": shot(t, 40, 40, 99)} {
		kept, err := vault.CleanPhoto(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := jpeg.Decode(bytes.NewReader(kept)); err != nil {
			t.Errorf("%s is kept as something else: %v", name, err)
		}
	}
	broken := shot(t, 400, 400, 1)
	huge := flat.Bytes()[:0:0]
	huge = append(huge, flat.Bytes()...)
	binary.BigEndian.PutUint32(huge[16:], 60_000) // a picture that says it is huge costs no memory
	binary.BigEndian.PutUint32(huge[20:], 60_000)
	for key, raw := range map[string][]byte{
		"error.photo_kind": []byte("<html>no picture</html>"), "error.photo_broken": broken[:len(broken)/2], "error.photo_size": make([]byte, vault.MaxPhoto+1),
	} {
		if _, err := vault.CleanPhoto(raw); fault.KeyOf(err) != key || fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", key, err)
		}
	}
	if _, err := vault.CleanPhoto(huge); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a picture of 60,000 by 60,000: %v", err)
	}
	if _, err := vault.CleanPhoto(nil); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("an empty file: %v", err)
	}
}

func TestAPictureOpensOnlyWhereItStands(t *testing.T) {
	key, err := vault.NewKey(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	v := vault.Open(nil, key)
	box := v.SealPhoto([]byte("picture"), "customer.1.2")
	if open, err := v.OpenPhoto(box, "customer.1.2"); err != nil || string(open) != "picture" {
		t.Errorf("opened %q, %v", open, err)
	}
	if _, err := v.OpenPhoto(box, "customer.1.3"); err == nil {
		t.Error("a box opens where another one stands")
	}
}
