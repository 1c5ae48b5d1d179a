"""What people should look at."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from storage import review
from web import answers, inputs, review_answers
from web.state import State, answer, query, state
from web.threads import in_thread


async def listing(request: Request) -> Response:
    """GET .../review: pages and fields below the line, least sure first."""
    return answer(await in_thread(_listing, state(request), request, query(request, inputs.ReviewQuery)))


def _listing(parts: State, request: Request, wanted: inputs.ReviewQuery) -> review_answers.ReviewList:
    _, kb = parts.knowledge_base(request)
    line = parts.settings.extract.review_confidence
    found = review.listed(
        kb, line, kind=wanted.kind, document=wanted.document, after=review.place(wanted.cursor),
        limit=wanted.limit + 1,
    )  # fmt: skip
    shown = found[: wanted.limit]
    return review_answers.ReviewList(
        items=[
            review_answers.ReviewPage(**item.told)
            if item.told["kind"] == "page"
            else review_answers.ReviewField(**item.told)
            for item in shown
        ],
        counts=answers.ReviewCounts(**review.counts(kb, line, wanted.document)),
        next_cursor=shown[-1].place.told() if len(found) > wanted.limit else None,
    )
