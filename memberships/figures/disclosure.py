"""Which cells of a table are shown outside, so that nobody can be found in it."""

from __future__ import annotations

from collections.abc import Sequence

LEAST = 5


def hidden_cells(cells: Sequence[int]) -> frozenset[int]:
    """The places of the cells that are not shown beside their total.

    Guarantees that nobody who knows this rule, the shown cells and the total can tell any hidden
    cell: another table with the same total, the same shown cells and the same hidden places always
    exists with another number there. Zero is shown, as it is nobody.

    - Cells of 1 to 4 are hidden.
    - Where their sum gives them away (one alone; all of them 1; all of them 4), the next smallest
      is hidden too, and every cell as large as that one: its place would tell otherwise.
    - If no cell but zeros would be left, all are hidden: how many there are would tell.
    - A total of 1 to 4 is hidden by `is_shown`, and with it every cell.
    """
    small = {place for place, number in enumerate(cells) if 0 < number < LEAST}
    hidden = small | _beside(cells, small) if _is_told(cells, small) else small
    if hidden and not any(number for place, number in enumerate(cells) if place not in hidden):
        return frozenset(range(len(cells)))
    return frozenset(hidden)


def is_shown(total: int) -> bool:
    """Whether a total can be told: nobody, or at least five."""
    return total == 0 or total >= LEAST


def protected(cells: Sequence[int]) -> tuple[list[int | None], int | None]:
    """The cells and their total, None for what is hidden."""
    total = sum(cells)
    if not is_shown(total):
        return [None for _ in cells], None
    hidden = hidden_cells(cells)
    return [None if place in hidden else number for place, number in enumerate(cells)], total


def _is_told(cells: Sequence[int], small: set[int]) -> bool:
    return bool(small) and sum(cells[place] for place in small) in _extremes(len(small))


def _extremes(count: int) -> range | set[int]:
    return range(1, LEAST) if count == 1 else {count, count * (LEAST - 1)}


def _beside(cells: Sequence[int], small: set[int]) -> set[int]:
    others = [number for number in cells if number >= LEAST]
    smallest = min(others, default=None)
    return {place for place, number in enumerate(cells) if number == smallest} - small
