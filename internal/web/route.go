package web

import "slices"

// Route is one address of the console and who may use it.
type Route struct {
	Pattern string
	May     func(Seat) bool
	do      func(*visit) error
	big     bool // takes files
}

// Sizes of request bodies.
const (
	maxForm = 64 << 10 // longest form: a note and its fields
	maxFile = 2 << 30  // ten million order lines
)

func (r Route) limit() int64 {
	if r.big {
		return maxFile
	}
	return maxForm
}

func anyone(Seat) bool      { return true }
func anySeat(s Seat) bool   { return s.Account != "" }
func owner(s Seat) bool     { return s.Role == RoleOwner }
func lead(s Seat) bool      { return slices.Contains([]Role{RoleOwner, RoleLead}, s.Role) }
func decider(s Seat) bool   { return lead(s) || s.Role == RoleStore }
func withTasks(s Seat) bool { return s.Scope.Staff != 0 }

// Routes returns every address of the console, so that tests can try each
// with every role.
func Routes() []Route {
	return slices.Concat(accountRoutes(), customerRoutes(), pageRoutes(), audienceRoutes(), processRoutes(), touchRoutes(), valueRoutes(), sidebarRoutes(), settingRoutes())
}

func accountRoutes() []Route {
	return []Route{
		{Pattern: "GET /{$}", May: anyone, do: (*visit).home},
		{Pattern: "GET /setup", May: anyone, do: (*visit).setupShow},
		{Pattern: "POST /setup", May: anyone, do: (*visit).setupCreate},
		{Pattern: "GET /login", May: anyone, do: (*visit).loginShow},
		{Pattern: "POST /login", May: anyone, do: (*visit).loginCreate},
		{Pattern: "POST /logout", May: anySeat, do: (*visit).logout},
		{Pattern: "POST /language", May: anyone, do: (*visit).language},
		{Pattern: "GET /password", May: anySeat, do: (*visit).passwordShow},
		{Pattern: "POST /password", May: anySeat, do: (*visit).passwordUpdate},
	}
}

func pageRoutes() []Route {
	return []Route{
		{Pattern: "GET /today", May: decider, do: (*visit).todayShow},
		{Pattern: "GET /today/links", May: decider, do: (*visit).todayLinks},
		{Pattern: "GET /today/withheld", May: decider, do: (*visit).todayWithheld},
		{Pattern: "GET /losses", May: decider, do: (*visit).lossList},
		{Pattern: "GET /losses/{id}", May: decider, do: (*visit).lossShow},
		{Pattern: "POST /losses/{id}", May: decider, do: (*visit).lossAnswer},
	}
}

func audienceRoutes() []Route {
	return []Route{
		{Pattern: "GET /audiences", May: decider, do: (*visit).audienceList},
		{Pattern: "GET /audiences/new", May: decider, do: (*visit).audienceNew},
		{Pattern: "POST /audiences/save", May: lead, do: (*visit).audienceSave},
		{Pattern: "POST /audiences/edit", May: decider, do: (*visit).audienceEdit},
		{Pattern: "POST /audiences/look", May: decider, do: (*visit).audienceLook},
		{Pattern: "POST /audiences/read", May: decider, do: (*visit).audienceRead},
		{Pattern: "POST /audiences/values", May: decider, do: (*visit).audienceValues},
		{Pattern: "POST /audience-exports/limit", May: owner, do: (*visit).exportLimitSave},
		{Pattern: "POST /audience-exports/{request}", May: lead, do: (*visit).audienceExportAnswer},
		{Pattern: "GET /audiences/{number}", May: decider, do: (*visit).audienceShow},
		{Pattern: "POST /audiences/{number}/archive", May: lead, do: (*visit).audienceArchive},
		{Pattern: "GET /audiences/{number}/days.json", May: decider, do: (*visit).audienceDays},
		{Pattern: "GET /audiences/{number}/days.csv", May: decider, do: (*visit).audienceDaysFile},
		{Pattern: "POST /audiences/{number}/export", May: decider, do: (*visit).audienceExport},
		{Pattern: "POST /audiences/{number}/tag", May: lead, do: (*visit).audienceTag},
		{Pattern: "POST /audiences/{number}/invite", May: decider, do: (*visit).audienceInvite},
		{Pattern: "POST /invitations/{number}/stop", May: decider, do: (*visit).invitationStop},
	}
}

func processRoutes() []Route {
	return []Route{
		{Pattern: "GET /sop", May: decider, do: (*visit).processList},
		{Pattern: "GET /sop/{name}", May: decider, do: (*visit).processShow},
		{Pattern: "GET /sop/{name}/file", May: decider, do: (*visit).processFile},
		{Pattern: "POST /sop/{name}/state", May: lead, do: (*visit).processState},
		{Pattern: "POST /sop/{name}/withdraw", May: lead, do: (*visit).processWithdraw},
		{Pattern: "POST /sop/{name}/move", May: lead, do: (*visit).processMove},
		{Pattern: "GET /sop-library/{name}", May: decider, do: (*visit).processShelf},
		{Pattern: "GET /sop-library/{name}/file", May: decider, do: (*visit).processShelfFile},
		{Pattern: "POST /sop-library/{name}/install", May: lead, do: (*visit).processInstall},
		{Pattern: "GET /sop-edit", May: lead, do: (*visit).processEdit},
		{Pattern: "POST /sop-edit/look", May: lead, do: (*visit).processLookAt, big: true},
		{Pattern: "POST /sop-edit/read", May: lead, do: (*visit).processRead, big: true},
		{Pattern: "POST /sop-edit/form", May: lead, do: (*visit).processForm, big: true},
		{Pattern: "POST /sop-edit/save", May: lead, do: (*visit).processSave, big: true},
		{Pattern: "GET /sop-trial/{trial}", May: lead, do: (*visit).processTrial},
		{Pattern: "POST /sop-trial/{trial}/stop", May: lead, do: (*visit).processTrialStop},
		{Pattern: "POST /sop-edit/try", May: lead, do: (*visit).processTry, big: true},
	}
}

func touchRoutes() []Route {
	return []Route{
		{Pattern: "GET /touch", May: decider, do: (*visit).touchQueue},
		{Pattern: "GET /touch/batches/{id}", May: decider, do: (*visit).touchBatch},
		{Pattern: "GET /touch/calendar", May: decider, do: (*visit).calendarShow},
		{Pattern: "GET /touch/calendar/day", May: decider, do: (*visit).calendarDay},
		{Pattern: "GET /touch/calendar/process/{name}", May: decider, do: (*visit).calendarProcess},
		{Pattern: "POST /touch/approve", May: decider, do: (*visit).touchApprove},
		{Pattern: "GET /touch/sent", May: decider, do: (*visit).touchSent},
		{Pattern: "GET /touch/sent/{first}", May: decider, do: (*visit).touchSentMembers},
		{Pattern: "POST /touch/batches/{id}/again", May: decider, do: (*visit).touchAgain},
		{Pattern: "POST /touch/batches/{id}/reject", May: decider, do: (*visit).touchReject},
		{Pattern: "GET /touch/tasks", May: decider, do: (*visit).touchTasks},
		{Pattern: "POST /touch/tasks/{id}/back", May: decider, do: (*visit).touchTakeBack},
		{Pattern: "GET /touch/contacts", May: decider, do: (*visit).contactWords},
		{Pattern: "GET /touch/contacts/{id}", May: decider, do: (*visit).contactList},
		{Pattern: "POST /touch/contacts/{id}/back", May: decider, do: (*visit).contactBack},
		{Pattern: "GET /touch/execution", May: decider, do: (*visit).touchExecution},
		{Pattern: "POST /touch/urge/store/{id}", May: decider, do: (*visit).touchUrgeStore},
		{Pattern: "POST /touch/urge/area", May: decider, do: (*visit).touchUrgeArea},
		{Pattern: "POST /touch/urge/staff/{id}", May: decider, do: (*visit).touchUrgeStaff},
		{Pattern: "GET /touch/doubt", May: decider, do: (*visit).touchDoubt},
		{Pattern: "POST /touch/doubt/{id}/resend", May: lead, do: (*visit).touchResend},
		{Pattern: "POST /touch/doubt/{id}/drop", May: lead, do: (*visit).touchDrop},
		{Pattern: "GET /touch/stopped", May: lead, do: (*visit).touchStopped},
		{Pattern: "POST /touch/stopped/{id}/continue", May: lead, do: (*visit).touchContinue},
		{Pattern: "POST /touch/stopped/{id}/cancel", May: lead, do: (*visit).touchCancelSend},
		{Pattern: "GET /touch/quotas", May: decider, do: (*visit).touchQuotas},
		{Pattern: "GET /touch/posts", May: decider, do: (*visit).postList},
		{Pattern: "GET /touch/posts/new", May: decider, do: (*visit).postNew},
		{Pattern: "POST /touch/posts/check", May: decider, do: (*visit).postCheck, big: true},
		{Pattern: "POST /touch/posts", May: decider, do: (*visit).postSave},
		{Pattern: "GET /touch/posts/{id}", May: decider, do: (*visit).postShow},
		{Pattern: "POST /touch/posts/{id}/approve", May: decider, do: (*visit).postApprove},
		{Pattern: "POST /touch/posts/{id}/stop", May: decider, do: (*visit).postStop},
		{Pattern: "POST /touch/posts/{id}/sends/{send}", May: decider, do: (*visit).sendDecide},

		{Pattern: "GET /sends", May: decider, do: (*visit).sendList},
		{Pattern: "GET /sends/new", May: decider, do: (*visit).sendNew},
		{Pattern: "GET /sends/look", May: decider, do: (*visit).sendLookAt},
		{Pattern: "POST /sends", May: decider, do: (*visit).sendSave, big: true},
		{Pattern: "GET /sends/{name}", May: decider, do: (*visit).sendShow},
		{Pattern: "GET /sends/{name}/edit", May: decider, do: (*visit).sendEdit},
		{Pattern: "POST /sends/{name}/start", May: decider, do: (*visit).sendStart},
		{Pattern: "POST /sends/{name}/approve", May: decider, do: (*visit).sendApprove},
		{Pattern: "POST /sends/{name}/state", May: decider, do: (*visit).sendState},

		{Pattern: "GET /groups", May: decider, do: (*visit).groupList},
		{Pattern: "GET /groups/{id}", May: decider, do: (*visit).groupShow},
		{Pattern: "GET /groups/{id}/days.json", May: decider, do: (*visit).groupDays},
		{Pattern: "GET /groups/{id}/days.csv", May: decider, do: (*visit).groupDaysFile},
		{Pattern: "POST /groups/{id}/kind", May: decider, do: (*visit).groupKind},

		{Pattern: "GET /content", May: decider, do: (*visit).contentList},
		{Pattern: "POST /content/reading", May: lead, do: (*visit).contentReading},
	}
}

func valueRoutes() []Route {
	return []Route{
		{Pattern: "GET /value", May: decider, do: (*visit).valueCohorts},
		{Pattern: "GET /value/cohorts.json", May: decider, do: (*visit).valueCohortsChart},
		{Pattern: "GET /value/cohorts.csv", May: decider, do: (*visit).valueCohortsFile},
		{Pattern: "GET /value/heat.csv", May: decider, do: (*visit).valueHeatFile},
		{Pattern: "GET /value/bands.json", May: decider, do: (*visit).valueBandsChart},
		{Pattern: "GET /value/bands.csv", May: decider, do: (*visit).valueBandsFile},
		{Pattern: "GET /value/groups", May: decider, do: (*visit).valueGroups},
		{Pattern: "GET /value/groups.json", May: decider, do: (*visit).valueGroupsChart},
		{Pattern: "GET /value/groups.csv", May: decider, do: (*visit).valueGroupsFile},
		{Pattern: "GET /value/moved.csv", May: decider, do: (*visit).valueMovedFile},
		{Pattern: "GET /value/first-orders.csv", May: decider, do: (*visit).valueFirstFile},
		{Pattern: "GET /value/rates.csv", May: decider, do: (*visit).valueRatesFile},
		{Pattern: "GET /value/due", May: decider, do: (*visit).valueDue},
		{Pattern: "GET /value/cycles.csv", May: decider, do: (*visit).valueCyclesFile},
		{Pattern: "GET /value/stages", May: decider, do: (*visit).valueStages},
		{Pattern: "GET /value/stages.csv", May: decider, do: (*visit).valueStagesFile},
		{Pattern: "GET /value/cuts.csv", May: decider, do: (*visit).valueCutsFile},
		{Pattern: "GET /value/gaps.json", May: decider, do: (*visit).valueStagesChart},
		{Pattern: "GET /value/gaps.csv", May: decider, do: (*visit).valueStagesCurveFile},
		{Pattern: "POST /value/stages/cuts", May: lead, do: (*visit).stageSave},
		{Pattern: "POST /value/stages/mature", May: lead, do: (*visit).stageMature},
		{Pattern: "GET /value/backtest", May: lead, do: (*visit).valueBacktest},
		{Pattern: "GET /value/backtest/tracking.json", May: lead, do: (*visit).valueTrackingChart},
		{Pattern: "GET /value/backtest/tracking.csv", May: lead, do: (*visit).valueTrackingFile},
		{Pattern: "GET /value/backtest/calibration.json", May: lead, do: (*visit).valueCalibrationChart},
		{Pattern: "GET /value/backtest/calibration.csv", May: lead, do: (*visit).valueCalibrationFile},
		{Pattern: "GET /value/backtest/festivals.csv", May: lead, do: (*visit).valueFestivalsFile},
		{Pattern: "GET /value/backtest/scores.csv", May: lead, do: (*visit).valueScoresFile},
		{Pattern: "GET /value/promises", May: lead, do: (*visit).valuePromises},
		{Pattern: "GET /value/card", May: lead, do: (*visit).valueCard},

		{Pattern: "GET /organisation", May: decider, do: (*visit).organisationShow},
		{Pattern: "POST /organisation/minutes", May: lead, do: (*visit).organisationSave},
		{Pattern: "POST /organisation/limit", May: lead, do: (*visit).organisationLimit},

		{Pattern: "GET /tasks", May: withTasks, do: (*visit).taskList},
		{Pattern: "POST /tasks/{id}", May: withTasks, do: (*visit).taskAnswer, big: true},
		{Pattern: "POST /tasks/rapport/{id}", May: withTasks, do: (*visit).taskRapport},
		{Pattern: "GET /tasks/photos/{key}", May: anySeat, do: (*visit).taskPhoto},
	}
}

func sidebarRoutes() []Route {
	return []Route{
		{Pattern: "GET /enter", May: anyone, do: (*visit).enter},
		{Pattern: "GET /enter/back", May: anyone, do: (*visit).enterBack},
		{Pattern: "GET /survey/{token}", May: anyone, do: (*visit).surveyShow},
		{Pattern: "POST /survey/{token}", May: anyone, do: (*visit).surveyAnswer},
		{Pattern: "GET /side", May: anySeat, do: (*visit).sideShow},
		{Pattern: "GET /side/customer", May: anySeat, do: (*visit).sideCustomer},
		{Pattern: "GET /side/who", May: anySeat, do: (*visit).sideWho},
		{Pattern: "GET /side/signature", May: anySeat, do: (*visit).sideSignature},
		{Pattern: "GET /side/media/{code}", May: anySeat, do: (*visit).sideMedia},
		{Pattern: "POST /side/{id}/tasks/{task}", May: withTasks, do: (*visit).sideTask, big: true},
		{Pattern: "POST /side/{id}/said", May: withTasks, do: (*visit).sideSaid},
		{Pattern: "POST /side/{id}/records", May: anySeat, do: (*visit).sideRecord},
		{Pattern: "POST /side/{id}/rapport", May: anySeat, do: (*visit).sideRapport},
	}
}

func customerRoutes() []Route {
	return []Route{
		{Pattern: "GET /customers", May: anySeat, do: (*visit).customerList},
		{Pattern: "POST /customers/columns", May: anySeat, do: (*visit).customerColumns},
		{Pattern: "POST /customers/views", May: anySeat, do: (*visit).customerViewSave},
		{Pattern: "POST /customers/views/delete", May: anySeat, do: (*visit).customerViewDelete},
		{Pattern: "GET /customers/tag", May: lead, do: (*visit).taggingNew},
		{Pattern: "POST /customers/tag", May: lead, do: (*visit).taggingStart},
		{Pattern: "GET /customers/{id}", May: anySeat, do: (*visit).customerShow},
		{Pattern: "GET /customers/{id}/timeline", May: anySeat, do: (*visit).customerTimeline},
		{Pattern: "GET /customers/{id}/value.json", May: anySeat, do: (*visit).customerValue},
		{Pattern: "GET /customers/{id}/value.csv", May: anySeat, do: (*visit).customerValueFile},
		{Pattern: "POST /customers/{id}/records", May: anySeat, do: (*visit).customerRecord},
		{Pattern: "POST /customers/{id}/rapport", May: anySeat, do: (*visit).customerRapport},
		{Pattern: "POST /customers/{id}/tags", May: anySeat, do: (*visit).customerTag},
		{Pattern: "POST /customers/{id}/marketing", May: anySeat, do: (*visit).customerMarketing},
		{Pattern: "POST /customers/{id}/merge", May: decider, do: (*visit).customerMerge},
		{Pattern: "POST /customers/{id}/unmerge", May: decider, do: (*visit).customerUnmerge},
	}
}

func settingRoutes() []Route {
	return []Route{
		{Pattern: "GET /settings", May: lead, do: (*visit).settingHome},
		{Pattern: "GET /settings/connection", May: owner, do: (*visit).connectionShow},
		{Pattern: "POST /settings/connection", May: owner, do: (*visit).connectionUpdate},
		{Pattern: "GET /settings/connection/doctor", May: owner, do: (*visit).connectionDoctor},
		{Pattern: "GET /settings/connection/backfill", May: owner, do: (*visit).backfillShow},
		{Pattern: "POST /settings/connection/backfill", May: owner, do: (*visit).backfillStart},
		{Pattern: "GET /settings/things", May: lead, do: (*visit).thingList},
		{Pattern: "POST /settings/things/promise", May: lead, do: (*visit).promiseSave},
		{Pattern: "GET /settings/tags", May: anySeat, do: (*visit).tagList},
		{Pattern: "GET /settings/tags/edit", May: lead, do: (*visit).tagEdit},
		{Pattern: "POST /settings/tags/save", May: lead, do: (*visit).tagSave},
		{Pattern: "POST /settings/tags/drop", May: lead, do: (*visit).tagDrop},
		{Pattern: "POST /settings/tags/follow", May: lead, do: (*visit).tagFollow},
		{Pattern: "POST /settings/tags/settle", May: lead, do: (*visit).tagSettle},
		{Pattern: "GET /settings/tags/list", May: lead, do: (*visit).tagListNew},
		{Pattern: "POST /settings/tags/list", May: lead, do: (*visit).tagListStart, big: true},
		{Pattern: "GET /settings/tags/work/{id}", May: lead, do: (*visit).tagWorkShow},
		{Pattern: "GET /settings/tags/work/{id}/progress", May: lead, do: (*visit).tagWorkProgress},
		{Pattern: "POST /settings/tags/work/{id}/stop", May: lead, do: (*visit).tagWorkStop},
		{Pattern: "GET /settings/imports", May: lead, do: (*visit).importList},
		{Pattern: "POST /settings/imports", May: lead, do: (*visit).importUpload, big: true},
		{Pattern: "GET /settings/imports/{id}", May: lead, do: (*visit).importShow},
		{Pattern: "GET /settings/imports/{id}/progress", May: lead, do: (*visit).importProgress},
		{Pattern: "POST /settings/imports/{id}/map", May: lead, do: (*visit).importMap},
		{Pattern: "POST /settings/imports/{id}/start", May: lead, do: (*visit).importStart},
		{Pattern: "GET /settings/imports/{id}/rejected.csv", May: lead, do: (*visit).importRejected},
		{Pattern: "GET /settings/users", May: owner, do: (*visit).userList},
		{Pattern: "POST /settings/users", May: owner, do: (*visit).userAdd},
		{Pattern: "POST /settings/users/{account}", May: owner, do: (*visit).userChange},
		{Pattern: "POST /settings/users/{account}/reset", May: owner, do: (*visit).userReset},
		{Pattern: "GET /settings/keys", May: owner, do: (*visit).keyList},
		{Pattern: "POST /settings/keys", May: owner, do: (*visit).keyAdd},
		{Pattern: "POST /settings/keys/revoke", May: owner, do: (*visit).keyRevoke},
		{Pattern: "GET /settings/brand", May: lead, do: (*visit).brandShow},
		{Pattern: "POST /settings/brand", May: lead, do: (*visit).brandUpdate},
		{Pattern: "GET /settings/approval", May: lead, do: (*visit).approvalShow},
		{Pattern: "POST /settings/approval/save", May: owner, do: (*visit).approvalSave},
		{Pattern: "GET /settings/notices", May: lead, do: (*visit).noticeShow},
		{Pattern: "POST /settings/notices/save", May: lead, do: (*visit).noticeSave},
		{Pattern: "GET /settings/texts", May: lead, do: (*visit).textList},
		{Pattern: "GET /settings/texts/edit", May: lead, do: (*visit).textEdit},
		{Pattern: "POST /settings/texts", May: lead, do: (*visit).textSave},
		{Pattern: "POST /settings/texts/drop", May: lead, do: (*visit).textDrop},
		{Pattern: "POST /settings/texts/file", May: lead, do: (*visit).textAttach, big: true},
		{Pattern: "POST /settings/texts/file/drop", May: lead, do: (*visit).textDetach},
		{Pattern: "GET /files/{code}", May: anySeat, do: (*visit).contentFile},
		{Pattern: "GET /settings/lines", May: lead, do: (*visit).lineList},
		{Pattern: "GET /settings/lines/edit", May: lead, do: (*visit).lineEdit},
		{Pattern: "POST /settings/lines", May: lead, do: (*visit).lineSave},
		{Pattern: "POST /settings/lines/drop", May: lead, do: (*visit).lineDrop},
		{Pattern: "GET /settings/stores", May: lead, do: (*visit).storeList},
		{Pattern: "GET /settings/stores/edit", May: lead, do: (*visit).storeEdit},
		{Pattern: "POST /settings/stores", May: lead, do: (*visit).storeSave},
		{Pattern: "POST /settings/stores/drop", May: lead, do: (*visit).storeDrop},
		{Pattern: "POST /settings/stores/adopt", May: lead, do: (*visit).storeAdopt},
		{Pattern: "GET /settings/audit", May: lead, do: (*visit).auditList},
	}
}
