from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memberships.figures.disclosure import hidden_cells, is_shown, protected


def tables(total: int, places: int) -> Iterator[tuple[int, ...]]:
    """Every table of that many cells with that total."""
    if places == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in tables(total - first, places - 1):
            yield (first, *rest)


def seen(cells: Sequence[int]) -> object:
    """All that is told of a table."""
    return protected(cells)


def assert_untold(cells: Sequence[int], others: Sequence[tuple[int, ...]]) -> None:
    alike = [other for other in others if seen(other) == seen(cells)]
    for place, shown in enumerate(protected(cells)[0]):
        if shown is None:
            assert len({other[place] for other in alike}) > 1, (cells, place)


@pytest.mark.parametrize("places", [2, 3, 4])
def test_no_table_of_few_cells_tells_a_hidden_one(places: int) -> None:
    """By trying everything that somebody who knows the rule could try."""
    for total in range(25 if places < 4 else 21):
        by_what_is_seen: dict[str, list[tuple[int, ...]]] = {}
        for table in tables(total, places):
            by_what_is_seen.setdefault(repr(seen(table)), []).append(table)
        if not is_shown(total):
            continue
        for told, alike in by_what_is_seen.items():
            for place, shown in enumerate(protected(alike[0])[0]):
                if shown is None:
                    assert len({table[place] for table in alike}) > 1, (told, alike)


@given(st.lists(st.integers(0, 12), min_size=2, max_size=4))
@settings(max_examples=60, deadline=None)
def test_another_table_would_look_the_same(cells: list[int]) -> None:
    if is_shown(sum(cells)):
        assert_untold(cells, list(tables(sum(cells), len(cells))))


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60))
def test_no_small_cell_is_shown_and_none_is_hidden_alone(cells: list[int]) -> None:
    shown, total = protected(cells)
    assert not [number for number in shown if number is not None and 0 < number < 5]
    assert total is None or total == 0 or total >= 5
    if total is not None:
        assert shown.count(None) != 1
        hidden = total - sum(number for number in shown if number is not None)
        assert not any(number is None for number in shown) or hidden >= 5 or shown.count(None) > 1


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60))
def test_a_table_of_large_cells_is_shown_whole(cells: list[int]) -> None:
    large = [number if number == 0 else number + 4 for number in cells]
    assert protected(large) == (large, sum(large))


@pytest.mark.parametrize(
    ("cells", "hidden"),
    [
        ([10, 20, 30], set()),
        ([3, 20, 30], {0, 1}),
        ([3, 2, 30], {0, 1}),
        ([3, 0, 30, 40], {0, 2}),
        ([1, 1, 9, 30], {0, 1, 2}),
        ([4, 4, 9, 30], {0, 1, 2}),
        ([2, 9, 9, 30], {0, 1, 2}),
        ([1, 1, 1, 1, 1, 0], {0, 1, 2, 3, 4, 5}),
        ([0, 0], set()),
        ([7], set()),
    ],
)
def test_what_is_hidden(cells: list[int], hidden: set[int]) -> None:
    assert hidden_cells(cells) == hidden


@pytest.mark.parametrize("cells", [[3], [1, 2], [4, 0, 0]])
def test_a_small_total_hides_everything(cells: list[int]) -> None:
    assert protected(cells) == ([None] * len(cells), None)
