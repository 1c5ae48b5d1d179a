"""What people corrected, laid over what was read: pages as their text, fields as their values.

    text -> page (lines, align, place)        anchors, values -> fields

Pure functions on `pipeline.types` and on fields as plain JSON; which correction stands in which run is not known here
(`storage/standing.py`). The same correction laid over another reading of the page gives the same text.
"""
