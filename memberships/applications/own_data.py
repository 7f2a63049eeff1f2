"""All that is stored about one application, for the person it is about (Art. 15, 20 GDPR)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from memberships.applications.models import AnswerRevision, Application, Note
from memberships.applications.queries import answers_as_asked, questions_of
from memberships.calendar import BERLIN
from memberships.database import db
from memberships.events.models import EventTag
from memberships.events.queries import events_about
from memberships.mails.queries import mails_about
from memberships.networks.definition import Definition
from memberships.privacy.queries import consents_of

Rows = list[tuple[str, str]]


def own_data(application: Application) -> dict[str, Any]:
    """All of it, ready for JSON: answers, steps, questions, notes, consents, mails, log."""
    return {
        "network": application.network.slug,
        "status": application.status.value,
        "channel": application.channel.value,
        "submitted_at": _iso(application.submitted_at),
        "confirmed_at": _iso(application.confirmed_at),
        "promised_by": _iso(application.due_at),
        "decided_at": _iso(application.decided_at),
        "decline_reason": application.decline_reason,
        "decided_by_body": application.decided_by_body,
        "body_decided_on": _iso(application.body_decided_on),
        "received_on": _iso(application.received_on),
        "recommendation": application.recommendation,
        "recommendation_note": application.recommendation_note,
        "answers": {key: value for key, value in application.all_answers.items() if value},
        "earlier_answers": [
            {"until": _iso(revision.changed_at), "answers": revision.answers}
            for revision in _revisions(application)
        ],
        "questions": [
            {
                "asked_at": _iso(request.asked_at),
                "question": request.question,
                "answered_at": _iso(request.answered_at),
                "answer": request.answer,
                "answered_via": request.answered_via,
            }
            for request in questions_of(application)
        ],
        "notes": [
            {"written_at": _iso(note.written_at), "text": note.text} for note in _notes(application)
        ],
        "consents": [
            {
                "purpose": consent.purpose,
                "step": consent.step.value,
                "at": _iso(consent.at),
                "text": consent.text,
                "text_version": consent.text_version,
                "channel": consent.channel,
            }
            for consent in consents_of(application.id)
        ],
        "mails": [
            {"subject": mail.subject, "to": mail.to_address, "state": mail.state.value,
             "created_at": _iso(mail.created_at), "finished_at": _iso(mail.finished_at)}
            for mail in mails_about(application.id)
        ],
        "log": [
            {"at": _iso(event.at), "what": event.tag, "by": event.actor_kind}
            for event in events_about(application.id)
            if event.tag in _ALL_STEPS
        ],
    }  # fmt: skip


def own_data_in_words(application: Application, net: Definition) -> list[tuple[str, Rows]]:
    """The same, as headings with lines to read; empty parts are left out."""
    stored = own_data(application)
    parts: list[tuple[str, Rows]] = [
        ("Ihre Angaben", answers_as_asked(application, net)),
        (
            "Fragen und Antworten",
            [(q["question"], q["answer"] or "noch ohne Antwort") for q in stored["questions"]],
        ),
        ("Notizen der Koordination", [(_day(n["written_at"]), n["text"]) for n in stored["notes"]]),
        (
            "Einwilligungen",
            [(_day(c["at"]), f"{_STEPS[c['step']]}: {c['text']}") for c in stored["consents"]],
        ),
        (
            "E-Mails",
            [(_day(m["created_at"]), f"{m['subject']}, an {m['to']}") for m in stored["mails"]],
        ),
        (
            "Protokoll",
            [(_day(e["at"]), _ALL_STEPS[e["what"]]) for e in stored["log"]],
        ),
    ]
    return [(heading, rows) for heading, rows in parts if rows]


# What applicants see on their own page; the rest of the log is for an access request.
OWN_STEPS = {
    EventTag.APPLICATION_SUBMITTED: "Ausgefüllt",
    EventTag.APPLICATION_ENTERED: "Von uns aufgenommen",
    EventTag.APPLICATION_CONFIRMED: "E-Mail-Adresse bestätigt",
    EventTag.APPLICATION_INFORMATION_REQUESTED: "Wir haben Sie etwas gefragt",
    EventTag.APPLICATION_INFORMATION_RECEIVED: "Ihre Antwort ist eingegangen",
    EventTag.APPLICATION_ANSWERS_CORRECTED: "Sie haben Angaben geändert",
    EventTag.APPLICATION_APPROVED: "Angenommen",
    EventTag.APPLICATION_DECLINED: "Abgelehnt",
    EventTag.APPLICATION_WITHDRAWN: "Zurückgezogen",
    EventTag.APPLICATION_CLOSED: "Geschlossen, weil keine Antwort kam",
}
# Left out is what would tell who else is a member (Art. 15(4) GDPR: the rights of others).
_ALL_STEPS = OWN_STEPS | {
    EventTag.APPLICATION_CONFIRMATION_RESENT: "Bestätigungsmail noch einmal gesendet",
    EventTag.APPLICATION_ADDRESS_CORRECTED: "E-Mail-Adresse berichtigt",
    EventTag.APPLICATION_CLAIMED: "Von der Koordination übernommen",
    EventTag.APPLICATION_RELEASED: "Von der Koordination abgegeben",
    EventTag.APPLICATION_NOTE_WRITTEN: "Notiz der Koordination",
    EventTag.APPLICATION_RECOMMENDED: "Empfehlung der Koordination",
    EventTag.APPLICATION_INFORMATION_REMINDED: "An die Frage erinnert",
}
_STEPS = {"given": "angekreuzt", "confirmed": "bestätigt", "withdrawn": "widerrufen"}


def _notes(application: Application) -> Sequence[Note]:
    return db.session.scalars(
        sa.select(Note).where(Note.application_id == application.id).order_by(Note.written_at)
    ).all()


def _revisions(application: Application) -> Sequence[AnswerRevision]:
    return db.session.scalars(
        sa.select(AnswerRevision)
        .where(AnswerRevision.application_id == application.id)
        .order_by(AnswerRevision.id)
    ).all()


def _iso(at: date | None) -> str | None:
    return at.isoformat() if at else None


def _day(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(BERLIN).strftime("%d.%m.%Y, %H:%M Uhr")
