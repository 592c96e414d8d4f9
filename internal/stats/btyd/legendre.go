package btyd

// rule is a Gauss-Legendre rule on [0, 1] with n nodes.
type rule struct {
	n          int
	at, weight [8]float64
}

func eightNodes() rule {
	return rule{8, [8]float64{.0198550717512318842, .10166676129318663, .237233795041835507, .408282678752175098,
		.591717321247824902, .762766204958164493, .89833323870681337, .980144928248768116},
		[8]float64{.0506142681451881296, .111190517226687235, .156853322938943644, .181341891689180991,
			.181341891689180991, .156853322938943644, .111190517226687235, .0506142681451881296}}
}

func fourNodes() rule {
	return rule{4, [8]float64{.0694318442029737124, .330009478207571868, .669990521792428132, .930568155797026288},
		[8]float64{.173927422568726929, .326072577431273071, .326072577431273071, .173927422568726929}}
}

// Panels of the integrals of this package. Integrands are taken in the log of
// time, where they are analytic in a strip of half-width pi, and panels are
// kept so short that integrands change by a factor of e^2 within: the eight
// nodes then leave a relative error of about 1e-14, the four on panels of a
// tenth of that the same.
const (
	panelLength = .5
	panelDecay  = 2.
	shortLength = .05
	shortDecay  = .2
	// negligibleDecay ends integrals: e^-40 of the first panel.
	negligibleDecay = 40.
)
