"""Mails whose words an office may write itself: plain text with placeholders, never a template.

The text of such a mail is templates/mails/<kind>.txt, or the network's own. Both are filled in here
in one pass, so nothing in an office's text or in a value is ever evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from memberships.settings import ROOT

# In the order in which people meet them. The words beside each are its heading for the office.
EDITABLE = {
    "application_received": "Eingang bestätigt",
    "information_requested": "Rückfrage",
    "information_reminder": "Erinnerung an die Rückfrage",
    "application_approved": "Aufnahme",
    "application_declined": "Ablehnung",
    "application_closed": "Ohne Antwort geschlossen",
    "application_withdrawn": "Zurückgezogen",
    "membership_ended_by_member": "Mitgliedschaft beendet, auf eigenen Wunsch",
    "membership_ended_by_office": "Mitgliedschaft beendet, durch das Netzwerk",
}
LONGEST_BODY = 4000
LONGEST_SUBJECT = 150

_HOLE = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
# An empty value takes the blank before it along.
_FILLED = re.compile(r"( ?)\{\{\s*([a-z_]+)\s*\}\}")
_BLOCK = re.compile(r"\{% block (subject|body) %\}\n(.*?)\{% endblock %\}", re.DOTALL)

# What each placeholder becomes, in words for the office.
WORDS = {
    "full_name": "Vor- und Nachname",
    "your_noun": "„Ihr Antrag“ oder „Ihre Anmeldung“",
    "your_noun_accusative": "„Ihren Antrag“ oder „Ihre Anmeldung“",
    "your_noun_dative": "„Ihrem Antrag“ oder „Ihrer Anmeldung“",
    "applied_on": "Tag, an dem das Formular abgeschickt wurde",
    "in_phrase": "„im Netzwerk …“, wie es im Satz heißt",
    "network_name": "Name des Netzwerks",
    "office_name": "Name der Geschäftsstelle oder Koordination",
    "office_email": "E-Mail-Adresse der Geschäftsstelle",
    "office_phone": "Telefon der Geschäftsstelle, leer, wenn keines eingetragen ist",
    "due_sentence": "„Sie hören bis zum … von uns.“, leer, wenn keine Frist läuft",
    "membership_sentence": (
        "der Satz, seit wann die Person oder Organisation Mitglied ist und ob geprüft wurde"
    ),
    "visibility_text": "was zurzeit für den Eintrag gilt",
    "next_steps": "der Text „Wie es weitergeht“ dieser Seite",
    "exit_rule": "wie die Mitgliedschaft beendet werden kann",
    "message": "der persönliche Satz zu diesem Fall, leer, wenn keiner geschrieben wird",
    "reason": "der Satz zum Grund der Ablehnung",
    "appeal_text": "was jemand nach einer Ablehnung tun kann",
    "erase_phrase": "wann die Angaben gelöscht werden",
    "question": "die Frage",
    "asked_on": "Tag der Frage",
    "due_on": "bis wann eine Antwort erbeten ist",
    "close_on": "wann der Vorgang ohne Antwort geschlossen wird",
    "case_url": "Link zur eigenen Seite",
    "rules_url": "Link zu den Aufnahmeregeln",
    "profile_url": "Link zum persönlichen Bereich",
    "ended_heading": "„Ihre Mitgliedschaft ist beendet“, bei Ansprechpersonen entsprechend",
    "ended_sentence": "der Satz, was wann beendet wurde",
    "end_reason": "der Satz zum Grund des Endes",
    "return_offer": "bis wann und wo man zurückkommen kann, leer, wenn es nicht möglich ist",
    "return_until": "bis wann man zurückkommen kann",
}
_EVERYWHERE = (
    "full_name", "in_phrase", "network_name", "office_name", "office_email", "office_phone",
)  # fmt: skip
# Without these the mail would not do what it is for, or what somebody typed would be lost.
_NEEDED = {"message", "question", "reason", "appeal_text", "return_offer", "end_reason"}
# Long, or an address: alone on their lines, as programs turn addresses into links there.
_ALONE = {"message", "question", "return_offer"}


class MailText(NamedTuple):
    """Subject and body of a mail, with placeholders."""

    subject: str
    body: str


@dataclass(frozen=True)
class TextFaults:
    """What is wrong with one part of a text, by the names of the placeholders."""

    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    not_alone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.unknown or self.missing or self.not_alone)


def is_editable(kind: str) -> bool:
    """Whether the words of such mails may be a network's own."""
    return kind in EDITABLE


@lru_cache(maxsize=len(EDITABLE))
def default_text(kind: str) -> MailText:
    """The text that ships with the product. Raises KeyError for a mail that is not editable."""
    if kind not in EDITABLE:
        raise KeyError(kind)
    source = (ROOT / "templates" / "mails" / f"{kind}.txt").read_text("utf-8")
    parts = {name: text.strip() for name, text in _BLOCK.findall(source)}
    return MailText(parts["subject"], parts["body"])


def names_in(text: str) -> list[str]:
    """The placeholders of a text, each once, in their order."""
    return list(dict.fromkeys(_HOLE.findall(text)))


def placeholders_of(kind: str) -> dict[str, str]:
    """What may stand in double braces in this mail, and what each becomes."""
    default = default_text(kind)
    names = dict.fromkeys([*names_in(f"{default.subject}\n{default.body}"), *_EVERYWHERE])
    return {name: WORDS[name] for name in names}


def needed_in(kind: str) -> list[str]:
    """The placeholders that the body must keep."""
    return [name for name in names_in(default_text(kind).body) if _is_needed(name)]


def subject_faults(kind: str, subject: str) -> TextFaults:
    """What is wrong with the placeholders of a subject."""
    allowed = [name for name in placeholders_of(kind) if not _is_needed(name)]
    return TextFaults(unknown=tuple(_strangers(subject, allowed)))


def body_faults(kind: str, body: str) -> TextFaults:
    """What is wrong with the placeholders of a body."""
    lines = [line.strip() for line in body.splitlines()]
    used = names_in(body)
    return TextFaults(
        unknown=tuple(_strangers(body, placeholders_of(kind))),
        missing=tuple(name for name in needed_in(kind) if name not in used),
        not_alone=tuple(
            name
            for name in used
            if _is_alone(name) and any(name in names_in(line) and not _fits(line) for line in lines)
        ),
    )


def _fits(line: str) -> bool:
    return _HOLE.fullmatch(line) is not None


def _is_needed(name: str) -> bool:
    return name in _NEEDED or name.endswith("_url")


def _is_alone(name: str) -> bool:
    return name in _ALONE or name.endswith("_url")


def _strangers(text: str, allowed: Collection[str]) -> Iterator[str]:
    """Whatever stands in double braces and is no placeholder; lone braces, too."""
    yield from (name for name in names_in(text) if name not in allowed)
    rest = _HOLE.sub("", text)
    yield from dict.fromkeys(found.strip() for found in re.findall(r"\{\{[^\n]{0,40}|\}\}", rest))


def fill(text: str, value_of: Callable[[str], str]) -> str:
    """The text with every placeholder replaced, in one pass: values are never looked into."""

    def replace(found: re.Match[str]) -> str:
        value = value_of(found[2])
        return found[1] + value if value else ""

    return _FILLED.sub(replace, text)
