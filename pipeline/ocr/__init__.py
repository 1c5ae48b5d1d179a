"""Reading one page image: engines behind one small interface, and the policy over them.

Runs inside a child process that may be killed at any moment; knows nothing of queues, databases or settings files.
`reader.PageReader` is the way in, `policy.choose` says who reads, one file an engine.
"""
