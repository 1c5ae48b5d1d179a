"""Words into the cells of a grid."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from pipeline.extract.tables.grid import Grid, GridCell
from pipeline.extract.tables.tokens import Token, split_token

_OVER_EM = 0.45  # a word of a scan that reaches this far over a line was read across it
_MAX_CUTS = 12


def fill(grid: Grid, tokens: Sequence[Token], slope: float, scan: bool) -> list[Token]:
    """Puts tokens into the grid's cells by their middles.

    Args:
        scan: OCR reads across thin lines; such words are cut there.

    Returns:
        The tokens that stand outside of the grid.
    """
    owner: list[list[GridCell | None]] = [[None] * grid.columns for _ in range(grid.rows)]
    for cell in grid.cells:
        for row in range(cell.row, cell.row + cell.row_span):
            for column in range(cell.column, cell.column + cell.column_span):
                owner[row][column] = cell
    outside = []
    queue = [(token, _MAX_CUTS) for token in tokens]
    while queue:
        token, cuts = queue.pop()
        row = bisect_right(grid.ys, token.yc) - 1
        if not (0 <= row < grid.rows and token.x1 > grid.xs[0] and token.x0 < grid.xs[-1]):
            outside.append(token)
            continue
        if scan and cuts:
            parts = _cut(token, grid.xs, owner[row], slope)
            if parts:
                queue += [(part, cuts - 1) for part in parts]
                continue
        column = bisect_right(grid.xs, token.xc) - 1
        found = owner[row][column] if 0 <= column < grid.columns else None
        if found is None:
            outside.append(token)
        else:
            found.tokens.append(token)
    return outside


def _cut(
    token: Token, xs: Sequence[float], owner: Sequence[GridCell | None], slope: float
) -> tuple[Token, Token] | None:
    """The token cut at the first line between two cells that it reaches over, or None."""
    over = _OVER_EM * token.size
    first = bisect_right(xs, token.x0 + over)
    for line in range(first, len(xs)):
        if xs[line] > token.x1 - over:
            return None
        left = owner[line - 1] if line > 0 else None
        right = owner[line] if line < len(owner) else None
        if left is not right:
            return split_token(token, xs[line], slope)
    return None
