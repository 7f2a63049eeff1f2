"""The figures in words: tables, what each finds, and the drawings over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from babel.dates import format_date

from memberships.figures.charts import UNTOLD, Bar, Drawing, bars, columns, german, tiles
from memberships.figures.numbers import OUTCOMES, Figures, Group, Wait, with_keys
from memberships.figures.tally import ALL
from memberships.networks.definition import Definition
from memberships.territory.models import LAENDER
from memberships.territory.queries import districts_of

OUTCOME_WORDS = {
    "approved": "Aufgenommen",
    "declined": "Abgelehnt",
    "withdrawn": "Zurückgezogen",
    "closed": "Ohne Antwort beendet",
    "open": "Noch offen",
}
UNKNOWN = "Keine Angabe"
_WIDE, _NARROW = 880, 340
_SERIES = ("Aufgenommen", "Abgelehnt, zurückgezogen oder beendet", "Noch offen")
# Bars for the first so many; the table has all.
_MOST_BARS = 12

Cell = int | str | None


@dataclass(frozen=True)
class Table:
    """Rows of a label and its values; None is a value that is not told."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True)
class Chapter:
    """One figure of the page: what it is about, what it finds, its table, its two drawings."""

    key: str
    title: str
    finding: str
    table: Table
    wide: Drawing | None = None
    narrow: Drawing | None = None
    legend: tuple[str, ...] = ()
    look: str = ""


def arranged(figures: Figures, net: Definition) -> Figures:
    """The figures by the choices of the network, those that nobody chose included."""
    reasons = [reason.key for reason in net.decline_reasons]
    members = {ALL: figures.members[ALL]}
    for aspect, names in aspects_of(net).items():
        members[aspect] = with_keys(figures.members[aspect], [*names, ""])
    return replace(figures, reasons=with_keys(figures.reasons, reasons), members=members)


def aspects_of(net: Definition) -> dict[str, dict[str, str]]:
    """By what members are told apart here, and the names of the keys."""
    kinds = _options(net, "organisation_kind")
    if "person" in net.joins:
        kinds = {"person": "Person", **kinds}
    found = {"kind": kinds, "sector": _options(net, "sector"), "level": _options(net, "level")}
    if "postal_code" in net.conditions:
        states = net.territory.states if net.territory else ()
        districts = [district.label for state in states for district in districts_of(state)]
        if len(states) == 1 and districts:
            found["district"] = {label: label for label in districts}
        else:
            found["land"] = dict(LAENDER)
    return {aspect: names for aspect, names in found.items() if names}


def _options(net: Definition, key: str) -> dict[str, str]:
    asked = next((one for one in (*net.fields, *net.profile_fields) if one.key == key), None)
    return {option.key: option.label for option in getattr(asked, "options", ())}


def chapters_of(figures: Figures, net: Definition) -> list[Chapter]:
    """All chapters of the page in its order; `figures` are arranged."""
    about_applications = [
        _weeks(figures, net),
        _outcomes(figures, net),
        _waits(figures, net),
        _steps(figures, net),
        _asked(figures),
        _reasons(figures, net),
    ]
    return [*about_applications, _months(figures), *_members(figures, net)]


def counted(number: int | None, one: str, many: str) -> str:
    """'1 Antrag', '1.234 Anträge', 'Keine Anträge', 'Weniger als 5 Anträge'."""
    if number is None:
        return f"Weniger als 5 {many}"
    return f"{german(number) if number else 'Keine'} {one if number == 1 else many}"


def duration(hours: float | None) -> str:
    """'unter 1 Stunde', '5 Stunden', '6 Tage'."""
    if hours is None:
        return UNTOLD
    if hours < 1:
        return "unter 1 Stunde"
    if hours < 48:
        return "1 Stunde" if hours < 1.5 else f"{hours:.0f} Stunden"
    return f"{int(hours / 24 + 0.5)} Tage"


def percent(part: int | None, whole: int | None) -> str:
    """'93 %', or a dash where one of both is not known."""
    return UNTOLD if part is None or not whole else f"{100 * part / whole:.0f} %"


def _plural(net: Definition) -> str:
    return "Anträge" if net.noun == "Antrag" else "Anmeldungen"


def _weeks(figures: Figures, net: Definition) -> Chapter:
    mondays = [date.fromisoformat(key) for key in figures.by_week.cells]
    labels = [f"{monday.isocalendar().week}" for monday in mondays]
    values: list[list[int | None]]
    if figures.is_outside:
        series: tuple[str, ...] = (_plural(net),)
        values = [[number] for number in figures.by_week.cells.values()]
        head: tuple[str, ...] = ("Woche ab", "Zusammen")
        rows: list[tuple[str, tuple[Cell, ...]]] = [
            (_day(monday), (n,)) for monday, (n,) in zip(mondays, values, strict=True)
        ]
    else:
        series = _SERIES
        values = [_in_three(week) for week in figures.weeks.values()]
        head = ("Woche ab", *OUTCOME_WORDS.values(), "Zusammen")
        rows = [
            (_day(monday), (*week.values(), sum(week.values())))
            for monday, week in figures.weeks.items()
        ]
    finding = counted(figures.confirmed, net.noun, _plural(net)) + " in zwölf Wochen"
    busiest = max(figures.by_week.known.items(), key=lambda item: item[1], default=None)
    if busiest and figures.confirmed:
        week = date.fromisoformat(busiest[0]).isocalendar().week
        finding += f", die meisten ({german(busiest[1])}) in Kalenderwoche {week}"
    return Chapter(
        "wochen",
        f"{_plural(net)} je Woche",
        f"{finding}.",
        Table(head, tuple(rows)),
        columns(labels, series, values, width=_WIDE, height=260),
        columns(labels, series, values, width=_NARROW, height=240, every=3),
        series if len(series) > 1 else (),
    )


def _in_three(week: Mapping[str, int]) -> list[int | None]:
    rest = sum(week[outcome] for outcome in ("declined", "withdrawn", "closed"))
    return [week["approved"], rest, week["open"]]


def _outcomes(figures: Figures, net: Definition) -> Chapter:
    names = {outcome: OUTCOME_WORDS[outcome] for outcome in OUTCOMES}
    found = percent(figures.outcomes.cells["approved"], figures.confirmed)
    finding = (
        f"Aufgenommen sind {found} der {_plural(net)} dieser zwölf Wochen."
        if found != UNTOLD
        else f"Welcher Anteil der {_plural(net)} aufgenommen ist, steht hier nicht fest."
    )
    return _bar_chapter(
        "ausgang", "Was daraus geworden ist", finding, "Ausgang", figures.outcomes, names
    )


def _waits(figures: Figures, net: Definition) -> Chapter:
    days = net.promise.days or 14
    unit = "Arbeitstag" if net.promise.working_days else "Tag"
    promised = f"{days} {unit}{'e' if days > 1 else ''}"
    hours = days * 24 * (7 / 5 if net.promise.working_days else 1)
    kept = figures.kept
    in_time = UNTOLD if None in kept.cells.values() else percent(kept.cells["kept"], kept.total)
    finding = f"Zugesagt ist eine Antwort in {promised}{'n' if days > 1 else ''}"
    if in_time != UNTOLD:
        finding += f"; eingehalten ist das bei {in_time} der ersten Antworten dieser zwölf Wochen"
    both = (("Bis zur ersten Antwort", figures.first), ("Bis zur Entscheidung", figures.decision))
    rows = [Bar(name, wait.median, duration(wait.median), hours) for name, wait in both]
    table = Table(
        ("Schritt", "Die Hälfte dauerte höchstens", "Neun von zehn dauerten höchstens", "Zusage"),
        tuple((name, _wait_cells(wait, promised)) for name, wait in both),
    )
    return Chapter(
        "antwort",
        "Wie schnell wir antworten",
        f"{finding}. Der Balken ist die Zeit, in der die Hälfte beantwortet war (Median), der "
        "Strich die Zusage.",
        table,
        bars(rows, width=_WIDE),
        bars(rows, width=_NARROW, is_narrow=True),
        look="marks",
    )


def _wait_cells(wait: Wait, promised: str) -> tuple[Cell, ...]:
    return duration(wait.median), duration(wait.ninetieth), promised


def _steps(figures: Figures, net: Definition) -> Chapter:
    steps = (
        ("Abgesendet", figures.sent),
        ("E-Mail-Adresse bestätigt", figures.confirmed),
        ("Entschieden", figures.decided),
    )
    shares = [UNTOLD, *(percent(b, a) for (_, a), (_, b) in pairwise(steps))]
    rows = [Bar(name, number, _told(number)) for name, number in steps]
    told = (
        f"Bestätigt sind {shares[1]} der abgesendeten {_plural(net)}, entschieden {shares[2]} der "
        "bestätigten."
    )
    if UNTOLD in shares[1:]:
        confirmed = counted(figures.confirmed, net.noun, _plural(net))
        told = f"{confirmed} mit bestätigter Adresse in zwölf Wochen."
    return Chapter(
        "schritte",
        "Vom Absenden zur Entscheidung",
        told,
        Table(
            ("Schritt", _plural(net), "Anteil am Schritt davor"),
            tuple((name, (n, share)) for (name, n), share in zip(steps, shares, strict=True)),
        ),
        bars(rows, width=_WIDE),
        bars(rows, width=_NARROW, is_narrow=True),
    )


def _asked(figures: Figures) -> Chapter:
    names = {"asked": "Mit Rückfrage", "not_asked": "Ohne Rückfrage"}
    share = percent(figures.asked.cells["asked"], figures.asked.total)
    finding = (
        f"Bei {share} wurde nachgefragt."
        if share != UNTOLD
        else "Wie oft nachgefragt wurde, steht hier nicht fest."
    )
    return _bar_chapter("rueckfragen", "Rückfragen", finding, "Rückfrage", figures.asked, names)


def _reasons(figures: Figures, net: Definition) -> Chapter:
    names = {reason.key: reason.label for reason in net.decline_reasons} | {"": "Anderer Grund"}
    finding = f"{_most(figures.reasons, names)} ist der häufigste Grund."
    if figures.reasons.total is None:
        finding = "Die Gründe zeigen wir hier nicht."
    elif not figures.reasons.total:
        finding = "In diesen zwölf Wochen wurde nichts abgelehnt."
    elif not figures.reasons.known:
        finding = "Kein Grund kommt fünfmal vor."
    return _bar_chapter("gruende", "Gründe der Ablehnung", finding, "Grund", figures.reasons, names)


def _months(figures: Figures) -> Chapter:
    months = [date.fromisoformat(key) for key in figures.joined.cells]
    series = ("Beitritte", "Austritte")
    pairs: list[list[int | None]] = [
        [figures.joined.cells[month.isoformat()], figures.ended.cells[month.isoformat()]]
        for month in months
    ]
    labels = [format_date(month, "LLL", locale="de").rstrip(".") for month in months]
    rows = [
        (format_date(month, "LLLL y", locale="de"), tuple(pair))
        for month, pair in zip(months, pairs, strict=True)
    ]
    total = ("Zusammen", (figures.joined.total, figures.ended.total))
    finding = (
        f"{counted(figures.joined.total, 'Beitritt', 'Beitritte')} und "
        f"{_small(counted(figures.ended.total, 'Austritt', 'Austritte'))} in zwölf Monaten."
    )
    return Chapter(
        "monate",
        "Beitritte und Austritte je Monat",
        finding,
        Table(("Monat", *series), (*rows, total)),
        columns(labels, series, pairs, width=_WIDE, height=240, is_stacked=False),
        columns(labels, series, pairs, width=_NARROW, height=220, every=3, is_stacked=False),
        series,
    )


def _members(figures: Figures, net: Definition) -> list[Chapter]:
    titles = {
        "kind": ("arten", "Mitglieder nach Art", "Art"),
        "sector": ("bereiche", "Mitglieder nach Bereich", "Bereich"),
        "level": ("ebenen", "Mitglieder nach Ebene", "Ebene"),
        "district": ("kreise", "Mitglieder nach Kreis", "Kreis"),
        "land": ("laender", "Mitglieder nach Land", "Land"),
    }
    found = []
    for aspect, names in aspects_of(net).items():
        key, title, label = titles[aspect]
        group, named = figures.members[aspect], names | {"": UNKNOWN}
        finding = _members_finding(figures.member_count, group, names)
        chapter = _bar_chapter(key, title, finding, label, group, named)
        found.append(_on_tiles(chapter, group) if aspect == "land" else chapter)
    return found


def _members_finding(count: int | None, group: Group, names: Mapping[str, str]) -> str:
    told = counted(count, "Mitglied", "Mitglieder")
    known = {key: number for key, number in group.known.items() if key in names}
    if not known:
        return f"{told}."
    best = max(known, key=lambda key: known[key])
    return f"{told}, am häufigsten: {names[best]} ({german(known[best])})."


def _on_tiles(chapter: Chapter, group: Group) -> Chapter:
    drawing = tiles(group.cells, LAENDER)
    return replace(chapter, wide=drawing, narrow=drawing, look="tiles")


def _bar_chapter(
    key: str, title: str, finding: str, label: str, group: Group, names: Mapping[str, str]
) -> Chapter:
    rows = tuple((names.get(cell, cell), (number,)) for cell, number in group.cells.items())
    shown = [(name, number) for name, (number,) in rows if number != 0]
    shown.sort(key=lambda row: -(row[1] or 0))
    some = [Bar(name, number, _told(number)) for name, number in shown[:_MOST_BARS]]
    if len(shown) > _MOST_BARS:
        finding += f" Gezeichnet sind die ersten {_MOST_BARS}; die Tabelle hat alle."
    return Chapter(
        key,
        title,
        finding,
        Table((label, "Anzahl"), (*rows, ("Zusammen", (group.total,)))),
        bars(some, width=_WIDE) if some else None,
        bars(some, width=_NARROW, is_narrow=True) if some else None,
    )


def _most(group: Group, names: Mapping[str, str]) -> str:
    known = group.known
    best = max(known, key=lambda key: known[key], default="")
    return f"„{names.get(best, best)}“"


def _told(number: int | None) -> str:
    return UNTOLD if number is None else german(number)


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _day(day: date) -> str:
    return format_date(day, "d. MMMM y", locale="de")
