package decision

import "time"

// ContactsAnHour is how many contacts by hand fit into an hour: conversations of 3
// to 4 minutes beside serving in the store, as in Settings.Capacity.
const ContactsAnHour = 15

// ContactTakes is how long a contact by hand takes: by it the contacts for which a
// member has room are minutes for steps of processes.
const ContactTakes = time.Hour / ContactsAnHour

// Load is what one member has to do on one day.
type Load struct {
	OneToOne      int           // contacts by hand, but for those of processes
	StepContacts  int           // contacts by hand of processes, however long they take
	Steps         time.Duration // that contacts by hand and tasks of processes take
	Confirmations int           // mass sends
}

// Hands returns for how many contacts by hand the load takes the room: a contact that
// steps leave no full time for does not fit.
func (l Load) Hands() int {
	return l.OneToOne + int((l.Steps+ContactTakes-1)/ContactTakes)
}

// Contacts returns how many contacts by hand the load has, as a cap on them counts.
func (l Load) Contacts() int { return l.OneToOne + l.StepContacts }
