"""What can be asked of a server, written once, as coroutines: one file a subject."""
