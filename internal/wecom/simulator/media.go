package simulator

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"time"
)

// mediaLife is how long a media id can be used.
const mediaLife = 3 * 24 * time.Hour

const minMediaBytes = 6 // the platform wants more than 5

// sizeLimit returns the largest file of a kind, 0 for an unknown kind.
func sizeLimit(kind string) int {
	switch kind {
	case "image", "video":
		return 10 << 20
	case "voice":
		return 2 << 20
	case "file":
		return 20 << 20
	}
	return 0
}

const maxPictureBytes = 2 << 20

// mediaUse is what a temporary file is for: its id is refused elsewhere.
type mediaUse string

const (
	inMessages mediaUse = ""
	inMoments  mediaUse = "1"
	inAlbums   mediaUse = "2"
)

type mediaFile struct {
	name, kind string
	use        mediaUse
	data       []byte
	uploaded   time.Time
}

type mediaBook struct {
	temporary map[string]*mediaFile
	pictures  map[string]*mediaFile
	fetched   map[string]string // jobs of upload_by_url
}

func newMediaBook() mediaBook {
	return mediaBook{temporary: map[string]*mediaFile{}, pictures: map[string]*mediaFile{}, fetched: map[string]string{}}
}

func mediaRoutes(t map[string]route) {
	const path = "/cgi-bin/media/"
	t[path+"upload"] = route{post: true, run: uploadMedia}
	t[path+"get"] = get("", getMedia)
	t[path+"uploadimg"] = route{post: true, run: uploadPicture}
	t[path+"upload_attachment"] = route{post: true, right: RightCustomers, run: uploadAttachment}
	t[path+"upload_by_url"] = post(RightCustomers, uploadByURL)
	t[path+"get_upload_by_url_result"] = post(RightCustomers, uploadByURLResult)
}

// upload reads the file of a multipart request, whatever its part is called.
func (c *call) upload() (*mediaFile, error) {
	_, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, refuse(codeEmptyFile, "empty media data")
	}
	parts := multipart.NewReader(bytes.NewReader(c.raw), params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, refuse(codeEmptyFile, "empty media data")
		}
		if part.FileName() == "" {
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil || len(data) < minMediaBytes {
			return nil, refuse(codeEmptyFile, "media file is too small")
		}
		return &mediaFile{name: part.FileName(), data: data, uploaded: c.wire}, nil
	}
}

func uploadMedia(c *call) (any, error) {
	id, err := c.keepMedia(c.query("type"), inMessages)
	if err != nil {
		return nil, err
	}
	return map[string]any{"type": c.query("type"), "media_id": id, "created_at": strconv.FormatInt(c.wire.Unix(), 10)}, nil
}

// uploadAttachment answers with a number where uploadMedia answers with a
// text, as the platform does.
func uploadAttachment(c *call) (any, error) {
	use := mediaUse(c.query("attachment_type"))
	if use != inMoments && use != inAlbums {
		return nil, refuse(codeBadParameter, "invalid attachment_type")
	}
	if use == inMoments && c.query("media_type") == "file" {
		return nil, refuse(codeBadMediaType, "Moments take images and videos only")
	}
	id, err := c.keepMedia(c.query("media_type"), use)
	if err != nil {
		return nil, err
	}
	return map[string]any{"type": c.query("media_type"), "media_id": id, "created_at": c.wire.Unix()}, nil
}

func (c *call) keepMedia(kind string, use mediaUse) (id string, err error) {
	limit := sizeLimit(kind)
	if limit == 0 {
		return "", refuse(codeBadMediaType, "invalid media type")
	}
	file, err := c.upload()
	if err != nil {
		return "", err
	}
	if len(file.data) > limit {
		return "", refuse(codeFileTooBig, "media file is too big")
	}
	file.kind, file.use = kind, use
	id = c.nextID("3")
	c.media.temporary[id] = file
	return id, nil
}

// livingMedia returns the file of a media id; one that is unknown or older than three
// days is refused.
func (c *call) livingMedia(id string) (*mediaFile, error) {
	file := c.media.temporary[id]
	if file == nil || c.wire.Sub(file.uploaded) > mediaLife {
		return nil, refuse(codeBadMediaID, "invalid media_id")
	}
	return file, nil
}

// needMedia refuses a media id that is not alive, was uploaded for something else, or
// is of another kind.
func (c *call) needMedia(id, kind string, use mediaUse) error {
	file, err := c.livingMedia(id)
	switch {
	case err != nil:
		return err
	case file.use != use:
		return refuse(codeBadMediaID, "media_id was uploaded for another use")
	case file.kind != kind:
		return refuse(codeBadMediaType, "media_id is of a "+file.kind+", not of a "+kind)
	}
	return nil
}

func getMedia(c *call) (any, error) {
	id := c.query("media_id")
	if id == "" {
		return nil, refuse(codeNoMediaID, "missing media_id")
	}
	file, err := c.livingMedia(id)
	if err != nil {
		return nil, err
	}
	return fileAnswer{name: file.name, data: file.data, at: file.uploaded}, nil
}

func uploadPicture(c *call) (any, error) {
	file, err := c.upload()
	if err != nil {
		return nil, err
	}
	if len(file.data) > maxPictureBytes {
		return nil, refuse(codeFileTooBig, "picture is too big")
	}
	sum := md5.Sum(file.data)
	id := hex.EncodeToString(sum[:])
	c.media.pictures[id] = file
	return map[string]any{"url": c.pictureURL("picture", id)}, nil
}

// pictureURL is an address on the simulator itself.
func (p *Platform) pictureURL(kind, id string) string {
	return p.cfg.PublicURL + "/simulator/" + kind + "/" + id
}

type fetchRequest struct {
	Scene int    `json:"scene"`
	Type  string `json:"type"`
	Name  string `json:"filename"`
	URL   string `json:"url"`
	MD5   string `json:"md5"`
	Job   string `json:"jobid"`
}

// uploadByURL takes the file as given: the simulator fetches nothing.
func uploadByURL(c *call, q fetchRequest) (any, error) {
	if q.Scene != 1 || (q.Type != "video" && q.Type != "file") || q.URL == "" || q.MD5 == "" {
		return nil, refuse(codeInvalidParameter, "invalid parameter")
	}
	media, job := c.nextID("3"), c.nextID("job")
	c.media.temporary[media] = &mediaFile{name: q.Name, kind: q.Type, data: []byte(q.URL), uploaded: c.wire}
	c.media.fetched[job] = media
	return map[string]any{"jobid": job}, nil
}

func uploadByURLResult(c *call, q fetchRequest) (any, error) {
	media, ok := c.media.fetched[q.Job]
	if !ok {
		return nil, refuse(codeNoSuchJob, "invalid jobid")
	}
	return map[string]any{"status": 2, "detail": map[string]any{
		"errcode": 0, "errmsg": "ok", "media_id": media,
		"created_at": strconv.FormatInt(c.media.temporary[media].uploaded.Unix(), 10),
	}}, nil
}
