package stats

// Central80 is how many standard deviations bound the central 80 % of a normal
// distribution: its 90 % point.
const Central80 = 1.2815515655446004
