"""What an office may edit of a definition, and how an edit is laid over the file.

An edit is a flat table: "office.phone", "texts.lead", "mails.application_received", "pause".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from memberships.mails.wording import EDITABLE
from memberships.networks.checking import faults_of
from memberships.networks.definition import Definition

PAUSE = "pause"
LABELS = {
    "office.name": "Name der Geschäftsstelle oder Koordination",
    "office.email": "E-Mail-Adresse",
    "office.phone": "Telefon",
    "office.mailbox": "Anderes Postfach für Sammelnachrichten",
    "office.digest": "Sammelnachricht",
    "promise.days": "Antwort innerhalb von … Tagen",
    "promise.working_days": "Gezählt werden",
    "texts.answer": "Zusage in einem Satz",
    "texts.lead": "Einleitung",
    "texts.after_submitting": "Nach dem Absenden",
    "texts.in_review": "Während der Prüfung",
    "texts.next_steps": "Wie es weitergeht",
    **{f"mails.{kind}": f"E-Mail „{title}“" for kind, title in EDITABLE.items()},
    PAUSE: "Pause der Aufnahme",
}
# Promised in words as well: these say the same number, or they contradict it.
REPEATING = ("texts.answer", "texts.after_submitting", "texts.in_review")
_DAYS = re.compile(r"(\d+)\s+(?:Arbeitst|T|Werkt)agen?\b")

Edits = Mapping[str, Any]


@dataclass(frozen=True)
class Pause:
    """Until when nobody is taken in, that day included, and what applicants read about it."""

    until: date
    text: str = ""


def value_in(definition: Definition, key: str) -> Any:
    """What the definition says under that key; None where it says nothing of its own."""
    part, _, name = key.partition(".")
    if part == "mails":
        words = definition.mails.get(name)
        return words.model_dump() if words else None
    return None if key == PAUSE else getattr(getattr(definition, part), name)


def only_differing(file: Definition, edits: Edits) -> dict[str, Any]:
    """The edits that say anything else than the file does."""
    return {
        key: value
        for key, value in sorted(edits.items())
        if value is not None and value != value_in(file, key)
    }


def laid_over(file: Definition, edits: Edits) -> Definition:
    """The definition with these edits. Raises ValidationError where they do not fit."""
    texts = {key: value for key, value in edits.items() if key != PAUSE}
    return Definition.model_validate(_raw(file, texts)) if texts else file


def fitting(file: Definition, edits: Edits) -> dict[str, Any]:
    """The edits that still fit the file, which may have changed after they were made."""
    kept: dict[str, Any] = {}
    if set(edits) <= set(LABELS) and not faulty_keys(file, edits):
        return dict(edits)
    for key, value in edits.items():
        if key in LABELS and not faulty_keys(file, {**kept, key: value}):
            kept[key] = value
    return kept


def faulty_keys(file: Definition, edits: Edits) -> list[str]:
    """The keys of edits with which the definition would not pass the check of its file."""
    raw = _raw(file, {key: value for key, value in edits.items() if key != PAUSE})
    faults = [fault.key for fault in faults_of(raw, file.slug)]
    try:
        Definition.model_validate(raw)
    except ValidationError as error:
        faults += [".".join(map(str, fault["loc"])) for fault in error.errors()]
    return sorted({_edited_key(fault, edits) for fault in faults})


def _edited_key(fault: str, edits: Edits) -> str:
    return next((key for key in edits if f"{fault}.".startswith(f"{key}.")), fault)


def _raw(file: Definition, edits: Edits) -> dict[str, Any]:
    raw = file.model_dump(mode="json")
    for key, value in edits.items():
        part, _, name = key.partition(".")
        raw[part] = {**raw[part], name: value}
    return raw


def pause_in(edits: Edits) -> Pause | None:
    """The pause that the edits hold, whether its day has passed or not."""
    pause = edits.get(PAUSE)
    return Pause(date.fromisoformat(pause["until"]), pause["text"]) if pause else None


def contradictions(definition: Definition) -> Iterator[tuple[str, str]]:
    """Texts that name another number of days than is promised, with the words that do."""
    for key in REPEATING:
        for found in _DAYS.finditer(str(value_in(definition, key))):
            if int(found[1]) != definition.promise.days:
                yield key, found[0]
