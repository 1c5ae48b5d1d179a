"""How well pages are read, measured against what stands on them.

    sets (which pages, where the truth is) -> chain (render, ocr, extract) -> metrics -> report

No server, no database, no queue: files go through the same killable children and stage functions as in the workers.
"""
