"""The labelled pages that `make eval` draws for itself: typeset in both scripts, then spoiled as scanners, telephones
and people do it. The same pixels every time; people, places and figures are made up.

    texts (words) -> typeset (clean PDF and its truth) -> spoil (what happened to the paper) -> pages (which is what)
"""
