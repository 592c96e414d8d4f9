package simulator

import "encoding/json"

// maxTemplates is the number of group welcome templates of a corp.
const maxTemplates = 100

const maxTemplateTextBytes = 3000

// templateRequest is a group welcome template; fields beside those named are
// kept as given.
type templateRequest struct {
	TemplateID string      `json:"template_id"`
	Text       *TextBody   `json:"text"`
	AgentID    agentNumber `json:"agentid"`
	Notify     *int        `json:"notify"`
}

type template struct {
	app    *app
	fields map[string]json.RawMessage
}

func templateRoutes(t map[string]route) {
	const path = contactPath + "group_welcome_template/"
	t[path+"add"] = post(RightCustomers, addTemplate)
	t[path+"edit"] = post(RightCustomers, editTemplate)
	t[path+"get"] = post(RightCustomers, getTemplate)
	t[path+"del"] = post(RightCustomers, deleteTemplate)
}

func addTemplate(c *call, q templateRequest) (any, error) {
	if len(c.ways.templates) >= maxTemplates {
		return nil, refuse(codeTooManyTemplates, "group welcome template out of limit")
	}
	fields, err := c.templateFields(q, maxTemplateTextBytes)
	if err != nil {
		return nil, err
	}
	id := c.nextID("msg")
	c.ways.templates[id] = &template{c.app, fields}
	return map[string]any{"template_id": id}, nil
}

func (c *call) templateFields(q templateRequest, most int) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(c.raw, &fields); err != nil {
		return nil, refuse(codeEmptyParameter, "some parameters are empty. Warning: wrong json format. ")
	}
	if q.Text != nil && len(q.Text.Content) > most {
		return nil, refuse(codeTooLong, "text is too long")
	}
	found := q.Text != nil && q.Text.Content != ""
	for _, kind := range []string{"image", "link", "miniprogram", "file", "video"} {
		found = found || len(fields[kind]) > len("{}")
	}
	if !found {
		return nil, refuse(codeEmptyText, "template without content")
	}
	for _, own := range []string{"template_id", "agentid", "notify"} {
		delete(fields, own)
	}
	return fields, nil
}

func (c *call) template(id string) (*template, error) {
	t := c.ways.templates[id]
	if t == nil {
		return nil, refuse(codeInvalidParameter, "invalid template_id")
	}
	return t, nil
}

func (c *call) ownTemplate(id string) (*template, error) {
	t, err := c.template(id)
	if err == nil && t.app != c.app {
		err = refuse(codeForeignTemplate, "no permission to change the template")
	}
	return t, err
}

func editTemplate(c *call, q templateRequest) (any, error) {
	t, err := c.ownTemplate(q.TemplateID)
	if err != nil {
		return nil, err
	}
	fields, err := c.templateFields(q, maxTextBytes)
	if err != nil {
		return nil, err
	}
	t.fields = fields
	return nil, nil
}

func getTemplate(c *call, q templateRequest) (any, error) {
	t, err := c.template(q.TemplateID)
	if err != nil {
		return nil, err
	}
	return t.fields, nil
}

func deleteTemplate(c *call, q templateRequest) (any, error) {
	if _, err := c.ownTemplate(q.TemplateID); err != nil {
		return nil, err
	}
	delete(c.ways.templates, q.TemplateID)
	return nil, nil
}
