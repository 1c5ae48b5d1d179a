"""`pagemill bench`: how fast this machine is, which stage bounds it, and which setting to change.

`command` is what a person calls, `load` puts fresh copies of the samples through a stack of its own and measures,
`judge` says what that means: pure functions on `figures`.
"""
