"""Geometry of the charts: columns, bars, tiles. Sizes are numbers, colours are classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TILES: Mapping[str, tuple[int, int]] = {
    "SH": (2, 0), "HB": (1, 1), "HH": (2, 1), "MV": (3, 1), "NI": (1, 2), "ST": (2, 2),
    "BE": (3, 2), "BB": (4, 2), "NW": (0, 3), "HE": (1, 3), "TH": (2, 3), "SN": (3, 3),
    "RP": (0, 4), "BW": (1, 4), "BY": (2, 4), "SL": (0, 5),
}  # fmt: skip
UNTOLD = "–"
_TILE, _GAP = 56, 5
_DARK_FROM = 4


@dataclass(frozen=True)
class Box:
    """A rectangle; `title` is what a pointer over it shows."""

    look: str
    x: float
    y: float
    width: float
    height: float
    title: str = ""


@dataclass(frozen=True)
class Word:
    look: str
    x: float
    y: float
    text: str


@dataclass
class Drawing:
    """What a macro writes as one SVG."""

    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)


@dataclass(frozen=True)
class Bar:
    """One row of bars: its name, its value or None, the value in words, a mark beside it."""

    name: str
    value: float | None
    text: str
    mark: float | None = None


def german(number: float) -> str:
    """1.234 and 2,5."""
    text = f"{number:,.1f}".removesuffix(".0")
    return text.translate(str.maketrans(",.", ".,"))


def ticks(largest: float, steps: int = 4) -> list[int]:
    """Round whole numbers from 0 to at least the largest."""
    raw = max(largest, 1) / steps
    power = 10 ** (len(str(int(raw))) - 1)
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    return [step * n for n in range(int(-(-max(largest, 1) // step)) + 1)]


def columns(
    labels: Sequence[str],
    series: Sequence[str],
    values: Sequence[Sequence[int | None]],
    *,
    width: int,
    height: int,
    every: int = 1,
    is_stacked: bool = True,
) -> Drawing:
    """Columns, the parts of each on each other or side by side; every n-th one is named."""
    drawing = Drawing(width, height)
    tops = [_sum(row) if is_stacked else max((n or 0 for n in row), default=0) for row in values]
    scale = ticks(max(tops, default=0))
    left, top, bottom = 12 + 9 * len(german(scale[-1])), 22, 24
    unit = (height - top - bottom) / scale[-1]
    floor = height - bottom
    for tick in scale:
        look = "grid" if tick else "axis"
        drawing.boxes.append(Box(look, left, round(floor - tick * unit, 1), width - left, 1))
        drawing.words.append(
            Word("mute end", left - 8, round(floor - tick * unit + 5, 1), german(tick))
        )
    band = (width - left) / max(len(labels), 1)
    thick = round(min(band * 0.62, 44), 1)
    for place, (label, row) in enumerate(zip(labels, values, strict=True)):
        x, middle = left + band * (place + 0.5) - thick / 2, left + band * (place + 0.5)
        _column(drawing, x, thick, floor, unit, label, series, row, is_stacked=is_stacked)
        if (len(labels) - 1 - place) % every == 0:
            drawing.words.append(Word("mute mid", round(middle, 1), height - 5, label))
        if is_stacked and every == 1:
            text = UNTOLD if None in row else german(tops[place])
            y = round(floor - tops[place] * unit - 6, 1)
            drawing.words.append(Word("mid strong", round(middle, 1), y, text))
    return drawing


def _sum(row: Sequence[int | None]) -> int:
    return sum(number or 0 for number in row)


def _column(  # noqa: PLR0913 - one place of the picture
    drawing: Drawing,
    x: float,
    thick: float,
    floor: float,
    unit: float,
    label: str,
    series: Sequence[str],
    row: Sequence[int | None],
    *,
    is_stacked: bool,
) -> None:
    share = thick if is_stacked else thick / len(row)
    base = floor
    for part, number in enumerate(row):
        if number:
            tall = round(number * unit, 1)
            at = x if is_stacked else x + part * share
            title = f"{label}, {series[part]}: {german(number)}"
            y = round(base - tall, 1)
            drawing.boxes.append(Box(f"c{part + 1}", round(at, 1), y, round(share, 1), tall, title))
            base = y if is_stacked else floor


def bars(rows: Sequence[Bar], *, width: int, is_narrow: bool = False) -> Drawing:
    """Lying bars; in a narrow drawing the name stands above its bar."""
    line, thick = (44, 16) if is_narrow else (30, 18)
    drawing = Drawing(width, line * len(rows) + 4)
    left = 0 if is_narrow else width * 0.38
    room = width - left - 9 * max((len(row.text) for row in rows), default=0) - 12
    largest = max((max(row.value or 0, row.mark or 0) for row in rows), default=0) or 1
    for place, row in enumerate(rows):
        y = place * line + (22 if is_narrow else 5)
        long = round((row.value or 0) / largest * room, 1)
        drawing.boxes.append(Box("track", left, y, round(room, 1), thick))
        if long:
            title = f"{row.name}: {row.text}"
            drawing.boxes.append(Box("c1", left, y, max(long, 2), thick, title))
        if row.mark is not None:
            at = round(left + row.mark / largest * room, 1)
            drawing.boxes.append(Box("mark", at - 1.5, y - 3, 3, thick + 6))
        name = row.name if len(row.name) <= 44 else f"{row.name[:43]}…"
        at = 0 if is_narrow else round(left - 12, 1)
        look = "name" if is_narrow else "end"
        drawing.words.append(Word(look, at, y - 6 if is_narrow else y + 14, name))
        drawing.words.append(Word("end strong", width, y + (13 if is_narrow else 14), row.text))
    return drawing


def tiles(values: Mapping[str, int | None], names: Mapping[str, str]) -> Drawing:
    """The Länder as equal tiles about where they lie: no map data, and Bremen can be read."""
    drawing = Drawing(5 * (_TILE + _GAP) - _GAP, 6 * (_TILE + _GAP) - _GAP)
    largest = max((number or 0 for number in values.values()), default=0)
    for land, (column, row) in TILES.items():
        number = values.get(land, 0)
        shade = step_of(number, largest)
        x, y = column * (_TILE + _GAP), row * (_TILE + _GAP)
        text = UNTOLD if number is None else german(number)
        look = "mid on-dark" if shade >= _DARK_FROM else "mid on-light"
        drawing.boxes.append(Box(f"q{shade}", x, y, _TILE, _TILE, f"{names[land]}: {text}"))
        drawing.words.append(Word(f"{look} strong", x + _TILE / 2, y + 25, land))
        drawing.words.append(Word(look, x + _TILE / 2, y + 44, text))
    return drawing


def step_of(number: int | None, largest: int) -> int:
    """Which of the shades: 0 for nobody or not told, 1 to 5 by the share of the largest."""
    return min(5, 1 + 5 * (number - 1) // max(largest, 1)) if number else 0
