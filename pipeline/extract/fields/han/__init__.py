"""Who is who in Chinese sentences: names, organisations, titles, degrees, subjects, by endings, ranks and word order.

    paragraph -> segments -> mentions (tagger) -> records of work and education, fields of the person

Knows nothing of pages; a mention is a stretch of a string.
"""
