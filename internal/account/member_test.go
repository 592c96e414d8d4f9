package account_test

import (
	"testing"

	"siyu/internal/account"
	"siyu/internal/fault"
	"siyu/internal/id"
)

func TestAMemberForWhomWeComVouchesComesInWithoutAPassword(t *testing.T) {
	d := open(t)
	d.owner(t)
	ctx, anna := t.Context(), account.Member{Staff: id.StaffOf("corp", "anna"), Name: "anna@wecom"}
	for range 2 {
		session, err := d.LetIn(ctx, anna)
		ok(t, err)
		who, err := d.Who(ctx, session)
		ok(t, err)
		if who.Name != "anna@wecom" || who.Role != account.Staff || who.Staff != anna.Staff {
			t.Fatalf("came in as %+v", who)
		}
	}
	_, err := d.LogIn(ctx, account.Login{Account: "anna@wecom", Password: "", From: "here"})
	denied(t, "log in without a password", err, fault.Denied, "error.login")
	all, err := d.All(ctx)
	ok(t, err)
	if len(all) != 2 {
		t.Errorf("%d accounts, want the owner's and one of the member", len(all))
	}
}

func TestAMemberKeepsTheAccountThatWasMadeByHand(t *testing.T) {
	d := open(t)
	d.owner(t)
	ctx, staff := t.Context(), id.StaffOf("corp", "ben")
	_, err := d.Add(ctx, account.Account{Name: "benedict", Role: account.Staff, Staff: staff, Active: true})
	ok(t, err)
	session, err := d.LetIn(ctx, account.Member{Staff: staff, Name: "ben@wecom"})
	ok(t, err)
	if who, err := d.Who(ctx, session); err != nil || who.Name != "benedict" {
		t.Fatalf("came in as %s, %v", who.Name, err)
	}
	ok(t, d.Change(ctx, account.Account{Name: "benedict", Role: account.Staff, Staff: staff}))
	_, err = d.Who(ctx, session)
	denied(t, "go on after being switched off", err, fault.Denied, "error.session")
	_, err = d.LetIn(ctx, account.Member{Staff: staff, Name: "ben@wecom"})
	denied(t, "come in while switched off", err, fault.Denied, "error.account_off")
}

func TestAMemberDoesNotTakeOverAnotherAccountByItsName(t *testing.T) {
	d := open(t)
	d.owner(t)
	_, err := d.Add(t.Context(), account.Account{Name: "lead@wecom", Role: account.Lead, Active: true})
	ok(t, err)
	_, err = d.LetIn(t.Context(), account.Member{Staff: id.StaffOf("corp", "lead"), Name: "lead@wecom"})
	denied(t, "come in by another's name", err, fault.Conflict, "error.account_exists")
}
