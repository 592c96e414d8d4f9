package brand

// ApprovalDoc names the document that says who approves sends of how many
// customers.
const ApprovalDoc = "approval"
