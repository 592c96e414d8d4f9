package simulator

import (
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// product is an entry of the product album.
type product struct {
	id      string
	app     *app
	created time.Time
	form    productForm
}

type productForm struct {
	Description string        `json:"description"`
	Price       *int64        `json:"price"`
	Code        string        `json:"product_sn"`
	Attachments []productPart `json:"attachments"`
}

type productPart struct {
	Type  string   `json:"type"`
	Image *Picture `json:"image,omitempty"`
}

type productBook struct{ order []*product }

func newProductBook() productBook { return productBook{} }

func (b *productBook) of(id string) (*product, error) {
	for _, p := range b.order {
		if p.id == id {
			return p, nil
		}
	}
	return nil, refuse(codeBadProductID, "invalid product_id")
}

const (
	maxProductText  = 300
	maxProductPrice = 5_000_000 // fen
	maxProductCode  = 128
)

func productRoutes(t map[string]route) {
	t[contactPath+"add_product_album"] = post(RightCustomers, addProduct)
	t[contactPath+"get_product_album"] = post(RightCustomers, getProduct)
	t[contactPath+"get_product_album_list"] = post(RightCustomers, listProducts)
	t[contactPath+"update_product_album"] = post(RightCustomers, updateProduct)
	t[contactPath+"delete_product_album"] = post(RightCustomers, deleteProduct)
}

type productRequest struct {
	ID string `json:"product_id"`
	productForm
	Cursor string `json:"cursor"`
	Limit  int    `json:"limit"`
}

func (c *call) checkProduct(f productForm) error {
	if n := utf8.RuneCountInString(f.Description); n == 0 || n > maxProductText {
		return refuse(codeProductTextLength, "invalid description length")
	}
	if f.Price == nil || *f.Price < 0 || *f.Price > maxProductPrice {
		return refuse(codeBadPrice, "invalid price")
	}
	if len(f.Code) > maxProductCode || !regexp.MustCompile(`^[0-9A-Za-z]*$`).MatchString(f.Code) {
		return refuse(codeBadProductCode, "invalid product_sn")
	}
	if len(f.Attachments) == 0 {
		return refuse(codeNoAttachments, "attachments is empty")
	}
	if len(f.Attachments) > maxAttachments {
		return refuse(codeTooManyAttachments, "more than 9 attachments")
	}
	for _, a := range f.Attachments {
		if a.Type != "image" || a.Image == nil {
			return refuse(codeBadAttachmentKind, "attachments of products are images")
		}
		if err := c.needMedia(a.Image.MediaID, "image", inAlbums); err != nil {
			return err
		}
	}
	return nil
}

func addProduct(c *call, q productRequest) (any, error) {
	if err := c.checkProduct(q.productForm); err != nil {
		return nil, err
	}
	made := &product{id: c.nextID("xwA"), app: c.app, created: c.now, form: q.productForm}
	c.shelf.order = append(c.shelf.order, made)
	return map[string]any{"product_id": made.id}, nil
}

func (p *product) row() map[string]any {
	return map[string]any{
		"product_id": p.id, "description": p.form.Description, "price": *p.form.Price, "product_sn": p.form.Code,
		"attachments": p.form.Attachments, "create_time": p.created.Unix(),
	}
}

func getProduct(c *call, q productRequest) (any, error) {
	p, err := c.shelf.of(q.ID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"product": p.row()}, nil
}

func listProducts(c *call, q productRequest) (any, error) {
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, 50, 100), c.shelf.order, func(p *product) any { return p.row() })
	return map[string]any{"product_list": rows, "next_cursor": next}, err
}

func (c *call) ownProduct(id string) (*product, error) {
	p, err := c.shelf.of(id)
	if err == nil && p.app != c.app {
		err = refuse(codeNotYours, "the product was not made by this app")
	}
	return p, err
}

func updateProduct(c *call, q productRequest) (any, error) {
	p, err := c.ownProduct(q.ID)
	if err != nil {
		return nil, err
	}
	form := q.productForm
	form.Description, form.Code = orElse(form.Description, p.form.Description), orElse(form.Code, p.form.Code)
	if form.Price == nil {
		form.Price = p.form.Price
	}
	if len(form.Attachments) == 0 {
		form.Attachments = p.form.Attachments
	}
	if err := c.checkProduct(form); err != nil {
		return nil, err
	}
	p.form = form
	return nil, nil
}

func deleteProduct(c *call, q productRequest) (any, error) {
	p, err := c.ownProduct(q.ID)
	if err != nil {
		return nil, err
	}
	c.shelf.order = slices.DeleteFunc(c.shelf.order, func(o *product) bool { return o == p })
	return nil, nil
}
