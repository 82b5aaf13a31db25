package firmware

var Build = build
