package python

const Reserved = reserved
