"""The fields of a profile told in Chinese sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.extract.fields.han.records import Told, tell
from pipeline.extract.fields.han.tagger import Profile
from pipeline.extract.fields.text import Field, Text

_HAN_SHARE = 0.4  # of the characters of a paragraph; below it is not read here
_MAX_CHARACTERS = 100_000  # of all paragraphs; whatever is longer is a book
_SINGLE = ("name", "ethnicity", "nationality", "native_place")

# What goes into a table is shorter than what is printed: "中国国籍", "籍贯山东济南", "湖南长沙人".
_BARE = {
    "nationality": re.compile(r"^国籍:?|(?:国籍|籍|公民)$"),
    "native_place": re.compile(r"^籍贯:?|[人籍]$"),
    "ethnicity": re.compile(r"(?<=族)人$"),
}


def read_profile(paragraphs: Sequence[Text]) -> tuple[Told, dict[str, Field]]:
    """What sentences tell: records of work and study, and the person's name, people, country and home.

    Args:
        paragraphs: in order; those not in Chinese are passed over.
    """
    told = Told()
    left = _MAX_CHARACTERS
    person: dict[str, Field] = {}
    profile = Profile()
    for text in paragraphs:
        if sum("\u3400" <= c <= "\u9fff" for c in text.text) < _HAN_SHARE * max(1, len(text.text)):
            continue
        left -= len(text.text)
        if left < 0:
            break
        mentions = profile.tag(text.text)
        for mention in mentions:
            if mention.kind in _SINGLE:
                value = (
                    _BARE[mention.kind].sub("", text.text[mention.start : mention.end])
                    if mention.kind in _BARE
                    else None
                )
                field = text.field(mention.start, mention.end, "prose", mention.confidence, value)
                person.setdefault(mention.kind, field)
        tell(text, mentions, told)
    return told, person
