"""extract: the readings of a document's pages joined into one text, cut into chunks to be found.

    lines -> layout -> running, paragraphs -> headings -> document -> markdown, JSON, chunks

Pure functions on `pipeline.types`; knows nothing of files, engines, databases or models. Nothing is imported here: the
web and others want a name or two of this package, not all of it at their start.
"""
