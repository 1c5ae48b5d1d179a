"""What is done to a page: pure stage functions, and the types, errors, settings and stage table they share.

Nothing here knows of databases, queues or HTTP.
"""
