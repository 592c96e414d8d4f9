// Package simulator is a WeCom on your desk: one corp in memory with its
// members, customers, groups, tags, tasks and messages, served over HTTP on
// the platform's own paths, pushing encrypted events as the platform does. It
// is written against the platform's documentation and knows nothing of the
// product's own client, so that any WeCom client can be tried against it.
//
// # For programs
//
// New makes a Platform, which is an http.Handler. Platform.People is the hand
// by which people act now (events are pushed), Platform.Past the hand by which
// they acted earlier (nothing is pushed): a year of history is built with it.
// Mass messages and Moments reach nobody until ConfirmTask or PublishMoment;
// what reached whom stands in Platform.Deliveries. Time is the clock given in
// Config: transfers, quotas, statistics and the times in answers follow it;
// tokens, codes, rate limits and lags follow Config.Wire, by default the same.
//
// # Pages beside the API
//
//	GET  /                            members, pending tasks with a button, deliveries
//	GET  /simulator/archive?seq=&limit=  JSON lines of decrypted messages after seq, each
//	                                  {"seq","msgid","action","from","tolist","roomid","msgtime","msgtype",
//	                                  and one object named after the type}; 404 without archive
//	GET  /simulator/state, tasks?userid=, deliveries, staff-messages?userid=
//	POST /simulator/confirm           userid, id: confirms a task or publishes a Moment
//	POST /simulator/act               line: one script line without its time
//	POST /simulator/verify            sends the echo of URL verification to the main app's callback
//	POST /simulator/expire-tokens, lose?n=, drain, archive?on=1, faults (JSON of Faults)
//	GET  /simulator/way/ID, room/ID   where a QR code leads: scan it as a new customer
//	GET  /connect/oauth2/authorize, /wwopen/sso/qrConnect   pick a member; &pick=USERID skips the page
//
// # Scripts
//
// A script is a text file with one act a line; # begins a comment. A line
// starts with "at +DURATION" (after the start, in the platform's time) or
// happens at once:
//
//	add_member zhangsan name=Zhang department=1
//	at +10s add_relation zhangsan wm001 way=1 state=counter
//	at +15s chat wm001 zhangsan kind=text length=12
//	at +24h delete_by_customer zhangsan wm001
//
// Arguments by position come first, those by name may be left out. add_relation
// and half_add make a member or customer who does not exist yet. confirm
// without an id confirms everything that waits for the member. The verbs, with
// what is assumed for arguments left out:
//
//	accept_transfer EXTERNAL
//	add_department ID parent=1 name=
//	add_external EXTERNAL name= unionid= gender=0 type=1
//	add_member USERID name= department=1
//	add_relation USERID EXTERNAL way=1 state=
//	agree_archive USERID EXTERNAL
//	change_owner CHATID USERID
//	chat FROM [to] room= kind=text length=10 text=
//	confirm USERID [id]
//	confirm_half USERID EXTERNAL
//	create_group CHATID OWNER name=
//	create_tag GROUP NAME
//	delete_by_customer USERID EXTERNAL
//	delete_by_member USERID EXTERNAL
//	delete_in_bulk USERID most=20
//	disable_member USERID
//	dismiss_group CHATID
//	enable_member USERID
//	expire_tokens
//	half_add USERID EXTERNAL way=1 state=
//	join_group CHATID WHO scene=1
//	leave_group CHATID WHO
//	lose_events N
//	member_leaves USERID
//	refuse_transfer EXTERNAL
//	remark USERID EXTERNAL TEXT
//	remove_from_group CHATID WHO
//	rename_group CHATID NAME
//	scan EXTERNAL CONFIGID
//	tag USERID EXTERNAL TAGID
package simulator
