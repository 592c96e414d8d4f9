// Package storagetest is the one set of expectations that every database
// behind storage has to meet.
package storagetest

import (
	"context"
	"testing"
	"time"

	"siyu/internal/storage"
)

// Opener returns a new, empty database that is closed when the test ends.
type Opener func(t testing.TB) *storage.DB

// noon is the moment in which the suite takes place.
var noon = time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)

// Run checks that databases made by open keep what the rooms were promised.
func Run(t *testing.T, open Opener) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, context.Context, *storage.DB)
	}{
		{"facts are numbered without gaps and kept once", factsAreKeptOnce},
		{"concurrent appends keep positions gapless", appendsKeepPositionsGapless},
		{"facts are found by subject", factsAreFoundBySubject},
		{"cursors never move back except to zero", cursorsMoveForward},
		{"a letter delivered many times is one letter", lettersAreKeptOnce},
		{"a letter that keeps failing is set aside", lettersAreSetAside},
		{"sealed texts are replaced and erased", sealedTextsAreErased},
		{"folds are stored whole and once", foldsAreStoredWhole},
		{"chains of merges are followed", chainsOfMergesAreFollowed},
		{"every unmerged customer is visited once", everyUnmergedCustomerIsVisitedOnce},
		{"insights come back whole", insightsComeBackWhole},
		{"forgotten insights leave the lists", forgottenInsightsLeaveTheLists},
		{"models keep their versions", modelsKeepTheirVersions},
		{"cohorts replace each other", cohortsReplaceEachOther},
		{"lists filter, sort and page", listsFilterSortAndPage},
		{"plans are kept as actions and runs", plansAreKeptAsActionsAndRuns},
		{"plan counts add up", planCountsAddUp},
		{"actions are handed over once", actionsAreHandedOnce},
		{"a customer is assigned to the hold-out once", holdoutIsAssignedOnce},
		{"runs of everybody between two ids go on", runsOfEverybodyBetweenTwoIdsGoOn},
		{"only new staff tasks are added", onlyNewTasksAreAdded},
		{"settings keep their versions", settingsKeepTheirVersions},
		{"dispatches come back whole", dispatchesComeBackWhole},
		{"dispatches are found", dispatchesAreFound},
		{"a change is all or nothing", changesAreAllOrNothing},
		{"an opening asks again", openingsAskAgain},
		{"merges that are not folded yet are followed", mergesNotYetFoldedAreFollowed},
		{"staff tasks come back whole", staffTasksComeBackWhole},
		{"batches know their gain", batchesKnowTheirGain},
		{"execution is counted", executionIsCounted},
		{"open tasks are listed", openTasksAreListed},
		{"mass messages are listed with their results", massMessagesAreListedWithTheirResults},
		{"what is sent again reaches nobody twice", whatIsSentAgainReachesNobodyTwice},
		{"days that are counted on are read anew", daysAreCountedAnew},
		{"plans are summed up", plansAreSummedUp},
		{"fences grow and the freeze is kept", fencesGrowAndTheFreezeIsKept},
		{"audit and preferences are kept", auditAndPreferencesAreKept},
		{"what was told is replaced and forgotten", whatWasToldIsReplacedAndForgotten},
		{"orders and their import are kept", ordersAndTheirImportAreKept},
		{"members and their import are kept", membersAndTheirImportAreKept},
		{"a token is refreshed by one at a time", tokensAreRefreshedByOneAtATime},
		{"accounts and sessions are kept", accountsAndSessionsAreKept},
		{"a lease has one holder at a time", leasesHaveOneHolder},
		{"a job is leased by one node", jobsAreLeasedByOneNode},
		{"rules are answered as one by one", rulesAreAnsweredAsOneByOne},
		{"audiences that rules name are asked inline", audiencesNamedByRulesAreAskedInline},
		{"hostile rules are refused or harmless", hostileRulesAreRefusedOrHarmless},
		{"long rules are answered", longRulesAreAnswered},
		{"facets follow their customers", facetsFollowTheirCustomers},
		{"members come and go once", membersComeAndGoOnce},
		{"audiences keep their names apart", audiencesKeepTheirNamesApart},
		{"tags are kept as they stand", tagsAreKeptAsTheyStand},
		{"tag work goes on where it stood", tagWorkGoesOnWhereItStood},
		{"followers of a tag come and go with their work", followersComeAndGoWithTheirWork},
		{"invitations go on where they stood", invitationsGoOnWhereTheyStood},
		{"invitees follow their tasks", inviteesFollowTheirTasks},
		{"customers of members replace each other", customersOfMembersReplaceEachOther},
		{"work is counted by place", workIsCountedByPlace},
		{"posts come back whole", postsComeBackWhole},
		{"posts are found", postsAreFound},
		{"an opening of a post asks again", postOpeningsAskAgain},
		{"posts found after a restore are not said twice", postsFoundAfterARestoreAreNotSaidTwice},
		{"posts are counted as they stand", postsAreCountedAsTheyStand},
		{"openings count once, and of nobody", openingsCountOnceAndOfNobody},
		{"sends are the same words", sendsAreTheSameWords},
		{"harm is put down to sends once", harmIsPutDownToSendsOnce},
		{"nothing of halted sends is ready", nothingOfHaltedSendsIsReady},
		{"wordings are counted as they arrive", wordingsAreCountedAsTheyArrive},
		{"files are kept with their media ids", filesAreKeptWithTheirMediaIDs},
		{"processes keep their versions", processesKeepTheirVersions},
		{"versions of processes wait until they are forced", processVersionsWaitUntilTheyAreForced},
		{"runs go on where they stood", runsGoOnWhereTheyStood},
		{"steps are given once and follow their tasks", stepsAreGivenOnceAndFollowTheirTasks},
		{"mass messages are joined until they are approved", massMessagesAreJoinedUntilTheyAreApproved},
		{"approvals count people once", approvalsCountPeopleOnce},
		{"days ahead replace each other", daysAheadReplaceEachOther},
		{"tasks of processes are counted by member", tasksOfProcessesAreCountedByMember},
		{"goals are watched beside steps that wait", goalsAreWatchedBesideStepsThatWait},
		{"losses are kept once with their fold", lossesAreKeptOnceWithTheirFold},
		{"alerts of losses open once", alertsOfLossesOpenOnce},
		{"urges keep their limit", urgesKeepTheirLimit},
		{"tasks are seen once", tasksAreSeenOnce},
		{"notices are claimed once", noticesAreClaimedOnce},
		{"who is not reached is kept", whoIsNotReachedIsKept},
		{"what waits for members is found", whatWaitsForMembersIsFound},
		{"what comes is found by its day", whatComesIsFoundByItsDay},
		{"a failing write does not touch its neighbours", writesAreIndependent},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, t.Context(), open(t)) })
	}
}
