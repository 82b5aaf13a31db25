package firmware

var Shorten = shorten

const Reserved = reserved
