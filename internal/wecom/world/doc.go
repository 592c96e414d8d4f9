// Package world is the people of the simulated WeCom: a tea-and-coffee chain
// that does not exist, its staff and its customers, with needs, trust and
// memory that nobody outside can see and that drive everything they do.
//
// What Siyu infers from outside can so be compared with the truth inside.
// docs/simulator.md gives the whole law with its constants; in short:
//
// Buying. A day's chance of buying is 1 - exp(-exp(eta)) with
// eta = base + need + trust + exposure. Need is the logarithm of how much is
// due over all product lines (each with a personal replenishment cycle) plus
// what the person has come to wish for; trust and exposure are linear in the
// latent trust and memory, both between 0 and 1.
//
// Moving. Memory fades with a personal half-life and comes back through
// buying, talking and contacts. Trust drifts to a disposition and moves with
// answers, complaints, help, and pushing where there is little of it. Contacts
// tire; beyond a person's patience they drive deletions.
//
// Luck. Every draw is a hash of the seed, the person, the day and its purpose.
// The same person meets the same luck whatever happened to anybody else, so
// two courses of action differ by their effect alone.
//
// Truth. The limiting part of a person is the lever (ask and show for need,
// serve for trust, remind for exposure) that, applied once now, adds most to
// the orders expected in the next 30 days under that same luck; none, if no
// lever adds enough.
//
// The people act through simulator.People only, as members and customers do
// in their clients. The demo's Chinese names and texts live here.
package world
