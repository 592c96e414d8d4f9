package desk

import (
	"context"

	"siyu/internal/org"
	"siyu/internal/web"
)

// brandPort gives web.Brand its method names, which Desk uses for a field.
type brandPort struct{ *Desk }

// Brand implements web.Brand.
func (p brandPort) Brand(ctx context.Context, scope org.Scope) (web.BrandSettings, error) {
	return p.BrandSettings(ctx, scope)
}

// SetBrand implements web.Brand.
func (p brandPort) SetBrand(ctx context.Context, by web.Asker, s web.BrandSettings) error {
	return p.SetBrandSettings(ctx, by, s)
}

// Ports fills in the ports that the desk answers.
func (d *Desk) Ports(p *web.Ports) {
	p.Preference, p.Directory, p.Today, p.Customers, p.Records = d, d, d, d, d
	p.Tags, p.Tagging, p.Contents, p.Surveys = d, d, d, d
	p.Audiences, p.ReadyAudiences, p.AudienceFiles, p.Members = audiencePort{d}, d, d, d
	p.Invitations, p.Scripts, p.Organisation = d, d, d
	p.Posts, p.Stopped, p.Results, p.Contacts = d, d, d, d
	p.Processes, p.Losses, p.Calendars, p.OneOffs = d, d, d, d
	p.Texts, p.Lines, p.Stores, p.Value, p.Stages = d, d, d, d, d
	p.Touches, p.Decisions, p.Groups, p.Tasks, p.Brand, p.Audit = d, d, d, d, brandPort{d}, d
}
