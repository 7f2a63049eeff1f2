from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memberships.figures.charts import (
    Bar,
    Box,
    Drawing,
    bars,
    columns,
    german,
    step_of,
    ticks,
    tiles,
)
from memberships.figures.report import counted, duration, percent
from memberships.territory.models import LAENDER

_number = st.one_of(st.none(), st.integers(0, 2_000_000))


def inside(drawing: Drawing) -> bool:
    return all(
        box.x >= -2
        and box.x + box.width <= drawing.width + 2
        and box.y >= -4
        and box.y + box.height <= drawing.height + 4
        for box in drawing.boxes
    )


def parts(drawing: Drawing, look: str) -> list[Box]:
    return [box for box in drawing.boxes if box.look == look]


@given(st.integers(0, 10_000_000))
def test_ticks_are_whole_and_reach_the_largest(largest: int) -> None:
    found = ticks(largest)
    assert found[0] == 0
    assert found[-1] >= max(largest, 1)
    assert 2 <= len(found) <= 7


@given(st.lists(st.lists(_number, min_size=3, max_size=3), min_size=1, max_size=12), st.booleans())
def test_columns_stay_inside_and_grow_with_their_numbers(
    values: list[list[int | None]], is_stacked: bool
) -> None:
    drawing = columns(
        [str(n) for n in range(len(values))],
        ("a", "b", "c"),
        values,
        width=880,
        height=260,
        is_stacked=is_stacked,
    )
    assert inside(drawing)
    boxes = sorted((b for b in drawing.boxes if b.title), key=lambda box: box.height)
    assert len(boxes) == sum(bool(number) for row in values for number in row)


@given(st.lists(_number, min_size=1, max_size=12), st.booleans())
def test_bars_stay_inside(values: list[int | None], is_narrow: bool) -> None:
    rows = [Bar("Name", number, german(number or 0), 7) for number in values]
    assert inside(bars(rows, width=340 if is_narrow else 880, is_narrow=is_narrow))


def test_a_hidden_number_has_a_dash_and_no_column() -> None:
    drawing = columns(["1", "2"], ("a",), [[None], [7]], width=880, height=260)
    assert len(parts(drawing, "c1")) == 1
    assert [w.text for w in drawing.words if "strong" in w.look] == ["–", "7"]


def test_every_land_has_a_tile_of_its_own() -> None:
    drawing = tiles({"BE": 9, "BY": None}, LAENDER)
    assert len(drawing.boxes) == 16
    assert len({(box.x, box.y) for box in drawing.boxes}) == 16
    assert {box.title for box in drawing.boxes} >= {"Berlin: 9", "Bayern: –", "Hessen: 0"}


@pytest.mark.parametrize(
    ("number", "step"), [(None, 0), (0, 0), (1, 1), (50, 3), (99, 5), (100, 5)]
)
def test_shades_go_by_the_share_of_the_largest(number: int | None, step: int) -> None:
    assert step_of(number, 100) == step


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (None, "–"), (0, "unter 1 Stunde"), (1, "1 Stunde"), (47, "47 Stunden"),
        (48, "2 Tage"), (60, "3 Tage"), (480, "20 Tage"),
    ],
)  # fmt: skip
def test_a_duration_in_words(hours: float | None, words: str) -> None:
    assert duration(hours) == words


def test_numbers_in_words() -> None:
    assert counted(1, "Antrag", "Anträge") == "1 Antrag"
    assert counted(0, "Antrag", "Anträge") == "Keine Anträge"
    assert counted(1234, "Antrag", "Anträge") == "1.234 Anträge"
    assert counted(None, "Antrag", "Anträge") == "Weniger als 5 Anträge"
    assert percent(1, 3) == "33 %"
    assert percent(None, 3) == percent(1, 0) == "–"
    assert german(1234.5) == "1.234,5"
