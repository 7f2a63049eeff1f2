"""A case's timeline in words: events of the log and the fate of every mail, oldest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from memberships.events.models import Event, EventTag
from memberships.mails.models import MailState, OutgoingMail
from memberships.networks.definition import Definition
from memberships.review.queries import Case

_WORDS = {
    EventTag.APPLICATION_SUBMITTED: ("log", "Formular abgesendet"),
    EventTag.APPLICATION_CONFIRMATION_RESENT: ("mail", "Bestätigungsmail erneut angefordert"),
    EventTag.APPLICATION_ADDRESS_CORRECTED: ("mail", "E-Mail-Adresse berichtigt"),
    EventTag.APPLICATION_CONFIRMED: ("check", "E-Mail-Adresse bestätigt"),
    EventTag.APPLICATION_ENTERED: ("log", "Von der Koordination erfasst"),
    EventTag.APPLICATION_CLAIMED: ("people", "Übernommen"),
    EventTag.APPLICATION_HANDED_ON: ("people", "An jemand anderen übergeben"),
    EventTag.APPLICATION_RELEASED: ("people", "Wieder freigegeben"),
    EventTag.APPLICATION_NOTE_WRITTEN: ("log", "Notiz geschrieben"),
    EventTag.APPLICATION_RECOMMENDED: ("log", "Empfehlung abgegeben"),
    EventTag.APPLICATION_INFORMATION_REQUESTED: ("mail", "Rückfrage gestellt"),
    EventTag.APPLICATION_INFORMATION_REMINDED: ("clock", "An die Rückfrage erinnert"),
    EventTag.APPLICATION_INFORMATION_RECEIVED: ("check", "Antwort eingegangen"),
    EventTag.APPLICATION_ORGANISATION_LINKED: ("building", "Organisation zugeordnet"),
    EventTag.APPLICATION_ORGANISATION_UNLINKED: (
        "building",
        "Zuordnung der Organisation aufgehoben: Angaben geändert",
    ),
    EventTag.APPLICATION_ORGANISATION_RULED_OUT: (
        "building",
        "Eine Organisation des Verzeichnisses ausgeschlossen",
    ),
    EventTag.APPLICATION_ANOTHER_SEAT_GRANTED: ("log", "Weiterer Sitz begründet"),
    EventTag.APPLICATION_SUCCESSION_BEGUN: ("people", "Übergabe des Sitzes begonnen"),
    EventTag.APPLICATION_ANSWERS_CORRECTED: ("log", "Angaben geändert"),
    EventTag.APPLICATION_DECISION_MADE: ("clock", "Entschieden, noch nicht wirksam"),
    EventTag.APPLICATION_DECISION_TAKEN_BACK: ("log", "Entscheidung zurückgenommen"),
    EventTag.APPLICATION_DECISION_DROPPED: ("alert", "Entscheidung nicht ausgeführt"),
    EventTag.APPLICATION_APPROVED: ("check", "Aufgenommen"),
    EventTag.APPLICATION_DECLINED: ("close", "Abgelehnt"),
    EventTag.APPLICATION_REOPENED: ("log", "Wieder aufgenommen, wird noch einmal geprüft"),
    EventTag.APPLICATION_WITHDRAWN: ("close", "Zurückgezogen"),
    EventTag.APPLICATION_CLOSED: ("clock", "Ohne Antwort geschlossen"),
    EventTag.APPLICATION_RESTRICTED: ("alert", "Verarbeitung eingeschränkt"),
    EventTag.APPLICATION_RESTRICTION_LIFTED: ("check", "Einschränkung aufgehoben"),
    EventTag.APPLICATION_CONSENT_WITHDRAWN: ("close", "Einwilligung widerrufen"),
}
_OUTCOMES = {"approve": "Aufnahme", "decline": "Ablehnung"}
_IMPOSSIBLE = "Sie war nicht mehr möglich, bitte neu entscheiden"
_WHY_DROPPED = {
    "answers_corrected": "Angaben wurden geändert, bitte neu ansehen",
    "information_received": "eine Antwort ist eingegangen, bitte neu ansehen",
    "withdrawn": "der Antrag wurde zurückgezogen",
    "restricted": "die Verarbeitung wurde eingeschränkt",
    "SeatTaken": "der Sitz der Organisation ist inzwischen besetzt",
    "OrganisationUndecided": "es ist nicht mehr eindeutig, welche Organisation es ist",
}
_MAIL_STATES = {
    MailState.QUEUED: ("clock", "wird gesendet"),
    MailState.SENT: ("check", "zugestellt an den Mailserver"),
    MailState.FAILED: ("alert", "unzustellbar"),
    MailState.CANCELLED: ("close", "nicht gesendet, da überholt"),
    MailState.WITHHELD: ("alert", "zurückgehalten, zu viele Mails an diese Adresse"),
}


@dataclass(frozen=True)
class Entry:
    """One line. `icon` names a drawing, `who` is empty for applicant and machine."""

    at: datetime
    icon: str
    words: str
    who: str
    is_bad: bool = False


def timeline_of(case: Case, net: Definition) -> list[Entry]:
    """Everything that happened to a case, oldest first."""
    entries = [_of_event(event, case.names, net) for event in case.events]
    entries += [entry for mail in case.mails for entry in _of_mail(mail)]
    return sorted(entries, key=lambda entry: entry.at)


def _of_event(event: Event, names: dict[UUID, str], net: Definition) -> Entry:
    icon, words = _WORDS[EventTag(event.tag)]
    details = json.loads(event.record)["details"]
    if event.tag == EventTag.APPLICATION_APPROVED and event.actor_id is None:
        words = f"Automatisch aufgenommen (Regel „{details['rule']}“)"
    if event.tag == EventTag.APPLICATION_DECLINED:
        reason = next((r.label for r in net.decline_reasons if r.key == details["reason"]), "")
        words = f"{words}: {reason}" if reason else words
    if event.tag == EventTag.APPLICATION_DECISION_MADE:
        words = f"{_OUTCOMES[details['outcome']]} beschlossen, noch nicht wirksam"
    if event.tag == EventTag.APPLICATION_CLAIMED and details.get("begun"):
        words = "Mit der Entscheidung begonnen"
    if event.tag == EventTag.APPLICATION_DECISION_DROPPED:
        words = f"{words}: {_WHY_DROPPED.get(details['why'], _IMPOSSIBLE)}"
    who = names.get(event.actor_id, "") if event.actor_id else ""
    return Entry(event.at, icon, words, who)


def _of_mail(mail: OutgoingMail) -> Iterator[Entry]:
    icon, words = _MAIL_STATES[mail.state]
    is_bad = mail.state in {MailState.FAILED, MailState.WITHHELD}
    yield Entry(
        mail.finished_at or mail.created_at,
        icon,
        f"E-Mail „{mail.subject}“: {words}",
        "",
        is_bad,
    )
