package web_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"siyu/internal/audience"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/insight"
	"siyu/internal/insight/capacity"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/insight/loss"
	"siyu/internal/insight/ltv"
	"siyu/internal/measurement"
	"siyu/internal/org"
	"siyu/internal/web"
)

func keysOf(language string) map[string]any {
	text, err := os.ReadFile("locale/" + language + ".json")
	if err != nil {
		panic(err)
	}
	keys := map[string]any{}
	if err := json.Unmarshal(text, &keys); err != nil {
		panic(err)
	}
	return keys
}

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	t.Parallel()
	chinese, english := keysOf("zh-CN"), keysOf("en")
	placeholder := regexp.MustCompile(`\{\{\.\w+\}\}`)
	filled := func(text any) []string {
		found := placeholder.FindAllString(fmt.Sprint(text), -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for key, said := range chinese {
		if english[key] == nil {
			t.Errorf("en has no %q", key)
			continue
		}
		if !slices.Equal(filled(said), filled(english[key])) {
			t.Errorf("%q fills %v in Chinese and %v in English", key, filled(said), filled(english[key]))
		}
		if strings.TrimSpace(fmt.Sprint(said)) == "" {
			t.Errorf("%q is empty", key)
		}
	}
	for key := range english {
		if chinese[key] == nil {
			t.Errorf("zh-CN has no %q", key)
		}
	}
}

// families are keys made at run time from closed lists, with every value.
func families() map[string][]string {
	groupings, cohorts, bases := []string{"way", "code", "campaign", "line", "store", "staff"}, []string{"contact", "order"}, []string{"margin", "turnover", "mixed"}
	fits := words(web.FitOrders, web.FitSpend, web.FitFirst, web.FitRepurchase, web.FitTrust, web.FitFatigue, web.FitLoss)
	minutes := []string{"by_hand", "confirm", "invite", "process", "group", "moments", "day", "present"}
	return map[string][]string{
		"work": words(capacity.Kinds()...), "execution_place": words(web.ByStaff.All()...), "execution_by": words(web.ByStore, web.ByArea),
		"curve_unknown": words(capacity.Outcomes()...), "curve_say": words(capacity.Outcomes()...), "curve_share": words(capacity.Outcomes()...),
		"curve_falls": words(capacity.Outcomes()...), "curve_rises": words(capacity.Outcomes()...), "curve_unbroken": words(capacity.Outcomes()...),
		"curve": bases, "value": append(slices.Clone(bases), "chart_margin", "chart_turnover", "chart_mixed"),
		"curve_wanting": {"members", "spread", "orders"}, "capacity_field": minutes, "capacity_help": minutes,
		"part":        words(insight.Need, insight.Trust, insight.Exposure, insight.None, insight.Unknown),
		"part_say":    {"need", "need_alone", "need_due", "need_there", "trust", "trust_alone", "trust_there", "trust_unheard", "exposure", "exposure_alone", "exposure_there", "none", "unknown"},
		"part_work":   words(insight.Need, insight.Trust, insight.Exposure, insight.None, insight.Unknown),
		"parts_most":  words(insight.Need, insight.Trust, insight.Exposure),
		"parts_limit": words(insight.Need, insight.Trust, insight.Exposure, insight.None, insight.Unknown),
		"part_raise":  words(insight.Need, insight.Trust, insight.Exposure),
		"purpose":     words(event.Purposes()...),
		"purpose_do":  words(event.Purposes()...),
		"purpose_how": words(event.Purposes()...),
		"channel":     words(event.MassSend, event.OneToOne, event.Welcome, event.Moments, event.GroupPost, event.MassElsewhere),
		"ended_by":    words(event.ByCustomer, event.ByStaff, event.ByTransfer, event.ByNobody),
		"identity":    words(event.ByExternalUserID, event.ByUnionID, event.ByPhone),
		"notice":      web.NoticeNames(), "notice_when": web.NoticeNames(), "notice_place": {"open", "text", "events", "delivered", "who", "n", "usual", "contacts", "sends", "tasks", "until", "customers", "posts"},
		"fact":         append(words(event.Kinds()...), string(web.KindNote)),
		"because":      becauses(),
		"because_say":  becauses(),
		"figure":       words(web.FigureKept, web.FigureDeleted, web.FigureRepurchased, web.FigureLinked),
		"figure_needs": words(web.FigureKept, web.FigureDeleted, web.FigureRepurchased, web.FigureLinked),
		"alert":        alerts(), "alert_chip": alerts(), "alert_do": alerts(), "audience.rule.flaw": words(audience.Mistakes()...),
		"survey.word": {"1", "2", "3", "4", "5"},
		"rapport":     words(event.Rapports()...),
		"stage":       words(insight.Stages()...), "stage_say": words(insight.Stages()...),
		"stage_from":   words(lifecycle.FromSetting, lifecycle.FromGaps, lifecycle.FromCycle, lifecycle.FromBrand, lifecycle.FromNothing),
		"action_state": words(web.ActionWaiting, web.ActionApproved, web.ActionUnconfirmed, web.ActionDone, web.ActionRejected, web.ActionCancelled, web.ActionInDoubt),
		"task_state":   words(web.TaskDone, web.TaskPostponed, web.TaskNoNeed, web.TaskSaid),
		"group_kind":   words(web.GroupUnknown, web.GroupDeal, web.GroupInterest, web.GroupLearning, web.GroupVIP, web.GroupFlash, web.GroupStore),
		"import_what":  words(web.ImportOrders, web.ImportCustomers),
		"import_state": words(web.ImportUploaded, web.ImportChecking, web.ImportChecked, web.ImportRunning, web.ImportDone, web.ImportFailed),
		"role":         words(web.RoleOwner, web.RoleLead, web.RoleStore, web.RoleStaff),
		"calendar_by":  words(web.CalendarBy("").All()...), "coming_kind": words(web.CalendarKinds()...), "pair_wins": words(web.CalendarKinds()...),
		"loss_kind": words(loss.Kinds()...), "loss_finding": words(loss.Kinds()...), "loss_do": words(loss.Kinds()...), "loss_state": words(web.LossOpen, web.LossSeen, web.LossClosed),
		"process.unit": {"m", "h", "d"}, "process.unit_later": {"m", "h", "d"}, "sop.class": {"marketing", "service", "promised"}, "sop.weekday": words(sop.Weekdays()...), "sop.late": words(sop.Drop, sop.Postpone),
		"process.trial": words(web.TrialRunning, web.TrialDone, web.TrialStopped, web.TrialFailed),
		"tasks.because": words(sop.PutOffs()...), "sop.channel": words(sop.Channels()...),
		"unreached":     words(web.OutOfReach, web.Unlicensed),
		"approval_rule": words(org.ApprovalRuleNames()...), "process.rule": words(org.ApprovalRuleNames()...), "process.reach": {"sees", "tried", "fits"}, "approval_why": words(org.Refusals()...),
		"role_sees":     words(web.RoleOwner, web.RoleLead, web.RoleStaff),
		"fault":         words(fault.Invalid, fault.NotFound, fault.Conflict, fault.Denied, fault.Upstream, fault.Internal, fault.Forbidden),
		"api_error":     {"invalid", "unauthorized", "forbidden", "not_found", "conflict", "too_large", "upstream", "internal"},
		"backfill":      {"idle", "running", "done", "failed"},
		"backfill_kind": {"staff", "departments", "customers", "groups", "tags", "contact_ways"},
		"budget":        {"day", "week", "month", "wecom"},
		"quota":         {"mass_send_month", "mass_send_week", "mass_send_day", "confirm_day", "one_to_one_day", "moments_month"},
		"place":         {"above", "below"},
		"sort":          words(web.SortValue, web.SortDue, web.SortRecent),
		"text_for":      words(event.WrittenPurposes()...),
		"invite_state":  words(web.InvitationListing, web.InvitationInviting, web.InvitationEnded, web.InvitationStopped),
		"store_kind":    words(org.Direct, org.Franchise),
		"content_kind":  append(words(content.Kinds()...), string(content.Page)), "reading_whose": words(web.Whose("").Answers()...), "reading_choice": words(web.Whose("").Answers()...),
		"audience_broken": {"circle", "rule"}, "tag_list_flaw": {"phone", "customer", "unknown"}, "tag_list_column": words(web.ListCustomer, web.ListExternal, web.ListPhone),
		"tag_home":     words(web.TagOwn, web.TagWeCom, web.TagRule),
		"tag_conflict": tagConflicts(), "tag_conflict_say": tagConflicts(),
		"tag_work_state": words(web.TagWorkPreparing, web.TagWorkOpen, web.TagWorkFinished, web.TagWorkStopped, web.TagWorkFailed),
		"weekday":        {"0", "1", "2", "3", "4", "5", "6"},
		"send_state":     {"halted", "continued", "cancelled"}, "stopped.title": {"deleted", "complained"}, "wording.outcome": {"0", "1", "2"},
		"wording_verdict": words(measurement.First, measurement.More, measurement.Fewer, measurement.OpenYet, measurement.Unlike, measurement.NotKnown),
		"mass_state":      {"underway", "delivered", "failed", "withdrawn"},
		"file_kind":       words(content.KindImage, content.KindVideo, content.KindFile),
		"doubt_evidence":  {"no_answer", "process_ended", "listed", "not_listed"},
		"worth_by":        groupings, "worth_none": groupings, "worth_gone": groupings[3:], "worth_group_say": groupings,
		"one_off_stage": words(web.OneOffStages()...), "send.channel": words(web.OneOffChannels()...), "send.channel_help": words(web.OneOffChannels()...),
		"sop.executor": words(sop.ByRelation, sop.ByOwner), "sop.did": words(web.OneOffStops()...),
		"post_stage": words(web.PostStages()...), "post_reason": {"retired", "paused", "has_got", "file_refused", "file_not_uploaded", "group_gone", "other_owner", "quota", "not_taken", "not_sent", "not_related", "rejected", "person", "window_over",
			"no_staff", "staff_capacity", "quiet_hours", "nobody_left", "frozen", "refused_without_effect", "no_answer", "process_ended", "not_listed"},
		"process_state": words(web.ProcessDraft, web.ProcessActive, web.ProcessPaused, web.ProcessRetired),
		"audience_kind": words(web.Dynamic, web.Frozen), "audience_join": {"all", "any", "none"},
		"audience_fields": {"orders", "limits", "contact", "relation", "person", "groups"},
		"audience_input":  {"count", "yuan", "share", "score", "days", "date"},
		"audience_unit":   {"yuan", "share", "score", "days", "orders", "touches", "messages_in", "messages_out", "reactions", "openings", "referrals", "staff_count", "group_count"},
		"audience_flaw":   {"missing", "count", "yuan", "share", "score", "days", "date", "pick", "words"},
		"audience_score":  {"equal", "is_not", "less", "at_most", "more", "at_least", "between"},
		"audience_number": {"equal", "is_not", "less", "at_most", "more", "at_least", "between"},
		"audience_date":   {"last", "ago", "next", "since", "before", "between", "never", "known", "this_week", "this_month"},
		"audience_annual": {"next", "never", "known", "this_week", "this_month"},
		"audience_ref":    {"one_of", "none_of", "never", "known"},
		"audience_refs":   {"one_of", "all_of", "none_of", "never", "known"},
		"worth_total":     bases, "worth_basis": bases, "worth_basis_say": bases,
		"cohort_by_say": cohorts, "cohort_beside": cohorts, "heat_by": cohorts, "heat_place": {"above", "below", "usual"},
		"forecast":   append(ltv.ModelNames(), ltv.Mixture, "prior"),
		"parameter":  orderParameters(),
		"cycle_from": words(web.CycleEntered, web.CycleSeen, web.CycleAssumed),
		"festival":   words(ltv.SpringRush, ltv.SpringRest, ltv.MidYear, ltv.Doubles),
		"rate_kind":  words(web.RateStores, web.RateMonths, web.RateBoth),
		"fit":        fits, "fit_say": fits,
		"next_fatigue": words(insight.Assumed, insight.PartlyMeasured, insight.Measured),
		"grade":        words(insight.Assumed, insight.PartlyMeasured, insight.Measured), "lever_grade": words(insight.Assumed, insight.PartlyMeasured, insight.Measured),
		"column": {"name", "limiting", "stage", "store", "staff", "repurchase", "value", "due", "orders", "turnover", "last_order", "last_touch", "month", "since"},
	}
}

// orderParameters are those of the models of orders on the card.
func orderParameters() (keys []string) {
	for _, model := range ltv.Choosable() {
		prefix := ""
		if model == "glm" {
			prefix = web.WindowParameter
		}
		for _, name := range ltv.ParameterNames(model) {
			keys = append(keys, prefix+name)
		}
	}
	return keys
}

// open are families whose values other rooms or the world choose: what the
// locale files do not know is shown as it is.
func open() []string {
	return []string{"shop", "format", "import_field", "add_way", "detail", "check", "audit_did", "rejected", "parameter", "tag_by", "tag_because", "tag_failed"}
}

func words[T ~string](values ...T) []string {
	var all []string
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}

func tagConflicts() []string {
	return words(web.TagRenamed, web.TagDeleted, web.TagNotOurs, web.TagSameName)
}

func alerts() []string {
	return words(web.AlertInDoubt, web.AlertBulkDeletion, web.AlertLosing, web.AlertDeletedUs, web.AlertOrdersStale, web.AlertDeadLetters, web.AlertLinkRate, web.AlertConnection, web.AlertNoMaterial, web.AlertApproval, web.AlertPosts, web.AlertProcess, web.AlertOneOff, web.AlertForecast, web.AlertHalted)
}

func becauses() []string {
	return words(
		decision.BecauseRefused, decision.BecauseHoldout, decision.BecauseInDoubt, decision.BecausePending, decision.BecauseComplaint,
		decision.BecauseBudgetDay, decision.BecauseBudgetWeek, decision.BecauseBudgetMonth, decision.BecauseQuota, decision.BecauseStale,
		decision.BecauseUnmeasured, decision.BecauseEvidence, decision.BecauseFatigue, decision.BecauseNothing, decision.BecauseNotDue,
		decision.BecauseMaterial, decision.BecauseStaff, decision.BecauseLater, decision.BecauseCapacity, decision.BecauseQuiet,
		decision.BecauseGone, decision.BecauseBought, decision.BecauseTwin,
		decision.BecauseInGroup, decision.BecauseInvited, decision.BecauseLeft, decision.BecauseStopped, decision.BecauseCap, decision.BecauseSilent, decision.BecauseWait,
	)
}

func TestNoKeyIsMissingAndNoneIsUnused(t *testing.T) {
	t.Parallel()
	used := spoken(t)
	for family, values := range families() {
		for _, v := range values {
			used[family+"."+v] = "a value of " + family
		}
	}
	for _, key := range append(audience.LexiconKeys(), audience.LibraryKeys()...) {
		used[key] = "rules of audiences"
	}
	for _, key := range sop.Keys() {
		used[key] = "words of processes"
	}
	keys := keysOf("zh-CN")
	for key, where := range used {
		if keys[key] == nil {
			t.Errorf("%q is missing; %s uses it", key, where)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		family, _, _ := strings.Cut(key, ".")
		if used[key] == "" && !slices.Contains(open(), family) {
			t.Errorf("%q is used nowhere", key)
		}
	}
}

// spoken returns the keys that stand in templates and in Go sources, and where.
func spoken(t *testing.T) map[string]string {
	t.Helper()
	used := map[string]string{}
	literal := regexp.MustCompile(`\bt "([a-z0-9_.]+)"`)
	err := filepath.WalkDir("template", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range literal.FindAllStringSubmatch(string(text), -1) {
			used[found[1]] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]int{"text": 0, "lookup": 0, "WithKey": 1, "invalid": 0, "backTo": 1, "word": 0, "Add": 1, "misused": 1}
	eachCall(t, "..", func(path, name string, args []ast.Expr) {
		at, ok := calls[name]
		if !ok || at >= len(args) || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "test/") {
			return
		}
		basic, ok := args[at].(*ast.BasicLit)
		if !ok || basic.Kind != token.STRING {
			return
		}
		key, _ := strconv.Unquote(basic.Value)
		switch {
		case name == "backTo":
			used["done."+key] = path
		case strings.Contains(key, ".") && !strings.HasSuffix(key, ".") && !strings.HasSuffix(key, "_"):
			used[key] = path
		}
	})
	for _, form := range []string{"version", "per_day", "per_week", "per_month", "quiet_from", "quiet_until", "holdout", "link_floor", "contact_cost", "discount", "referral_share", "referral_days",
		"days_ahead", "silent_days", "capacity", "confirmations", "cap_hands", "cap_sends", "low", "hand", "send", "weekday"} {
		used["error.brand_"+form] = "brand_show.go"
	}
	for _, figure := range []string{"kept", "deleted", "repurchased", "linked"} {
		used["figure.base_"+figure] = "today.html"
	}
	done := regexp.MustCompile(`[?]done=([a-z_]+)[#"]`)
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range sources {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range done.FindAllStringSubmatch(string(text), -1) {
			if found[1] != "task_" {
				used["done."+found[1]] = path
			}
		}
	}
	for _, state := range []string{"done", "postponed", "no_need"} {
		used["done.task_"+state] = "touch_show.go"
	}
	for _, variant := range []string{"need.due.before", "need.due.now", "need.never_bought_long.days", "need.orders_unlinked.none", "trust.answers.none"} {
		used["reason."+variant] = "reason.go"
	}
	for _, found := range []map[string]string{reasons(t), checks(t)} {
		maps.Copy(used, found)
	}
	for _, key := range []string{"error.login", "error.login_later", "error.password_weak", "error.password_old", "error.account_exists", "error.last_owner"} {
		used[key] = "the promises of Accounts and Users"
	}
	return used
}

// reasons returns the keys of all reasons that insight and decision give.
func reasons(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for _, room := range []string{"../insight", "../decision"} {
		eachFile(t, room, func(path string, file *ast.File) {
			if strings.HasSuffix(path, "_test.go") {
				return
			}
			ast.Inspect(file, func(n ast.Node) bool {
				pair, ok := n.(*ast.KeyValueExpr)
				if !ok {
					return true
				}
				name, isName := pair.Key.(*ast.Ident)
				value, isText := pair.Value.(*ast.BasicLit)
				if isName && isText && name.Name == "Key" && value.Kind == token.STRING {
					key, _ := strconv.Unquote(value.Value)
					keys["reason."+key] = path
				}
				return true
			})
		})
	}
	return keys
}

// checks returns the keys of all answers that the doctor gives.
func checks(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	keep := func(path, family string, at int, values []ast.Expr) {
		if at < len(values) {
			if basic, ok := values[at].(*ast.BasicLit); ok {
				key, _ := strconv.Unquote(basic.Value)
				keys[family+"."+key] = path
			}
		}
	}
	eachCall(t, "../app", func(path, name string, args []ast.Expr) {
		if name == "passed" || name == "failed" || name == "noticed" {
			keep(path, "check", 0, args)
			keep(path, "doctor_says", 1, args)
		}
		if name == "failed" || name == "noticed" {
			keep(path, "doctor_fix", 2, args)
		}
	})
	eachFile(t, "../app", func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			f, ok := n.(*ast.FuncDecl)
			if !ok || f.Name.Name != "remedyFor" {
				return true
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if answer, ok := n.(*ast.ReturnStmt); ok {
					keep(path, "doctor_fix", 0, answer.Results)
				}
				return true
			})
			return false
		})
	})
	if len(keys) == 0 {
		t.Fatal("the doctor gives no answers: its calls are named otherwise")
	}
	return keys
}

func eachCall(t *testing.T, root string, do func(path, name string, args []ast.Expr)) {
	t.Helper()
	eachFile(t, root, func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch f := call.Fun.(type) {
			case *ast.Ident:
				do(path, f.Name, call.Args)
			case *ast.SelectorExpr:
				do(path, f.Sel.Name, call.Args)
			}
			return true
		})
	})
}

func eachFile(t *testing.T, root string, do func(path string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		do(filepath.ToSlash(path), file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
