"""All that is stored about somebody, for themselves (Art. 15, 20 GDPR)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from memberships.accounts.models import Account, AddressChange
from memberships.accounts.queries import factors_about, roles_of
from memberships.applications.models import AnswerRevision, Application, ApplicationStatus, Note
from memberships.applications.queries import (
    AskedField,
    answer_in_words,
    answers_as_asked,
    answers_in_words,
    asked_in_words,
    questions_of,
)
from memberships.calendar import BERLIN
from memberships.database import db
from memberships.drafts.queries import drafts_about
from memberships.events.models import Event, EventTag
from memberships.events.queries import events_about
from memberships.mails.models import OutgoingMail
from memberships.mails.queries import mails_about
from memberships.members.models import Export, Membership, Objection, Representative
from memberships.members.queries import (
    Standing,
    cases_of_representative,
    entry_of,
    every_standing_of,
)
from memberships.networks.definition import Definition
from memberships.networks.queries import definition_of
from memberships.privacy.models import ConsentEvent
from memberships.privacy.queries import consents_of
from memberships.review.queries import filters_of
from memberships.seats.queries import deputyships_about, handovers_about, organisation_of
from memberships.viewings.queries import viewings_by

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
                "fields": request.fields or [],
                "draft": request.draft,
            }
            for request in questions_of(application)
        ],
        "notes": [
            {"written_at": _iso(note.written_at), "text": note.text} for note in _notes(application)
        ],
        "drafts": [
            {"written_at": _iso(draft.saved_at), "text": draft.text}
            for draft in drafts_about(application.id)
        ],
        "restricted_since": _iso(application.restricted_at),
        "consents": _consents(consents_of(application.id)),
        "mails": _mails(mails_about(application.id)),
        "log": [
            {"at": _iso(event.at), "what": event.tag, "by": event.actor_kind}
            for event in events_about(application.id)
            if event.tag in _ALL_STEPS
        ],
    }


def own_data_in_words(application: Application, net: Definition) -> list[tuple[str, Rows]]:
    """The same, as headings with lines to read; empty parts are left out."""
    stored = own_data(application)
    return _filled(
        ("Ihre Angaben", answers_as_asked(application, net)),
        ("Fragen und Antworten", _question_rows(application, net)),
        ("Notizen der Koordination", [(_day(n["written_at"]), n["text"]) for n in stored["notes"]]),
        (
            "Entwürfe der Koordination",
            [(_day(d["written_at"]), d["text"]) for d in stored["drafts"]],
        ),
        ("Einwilligungen", _consent_rows(stored)),
        ("E-Mails", _mail_rows(stored)),
        ("Protokoll", [(_day(e["at"]), _ALL_STEPS[e["what"]]) for e in stored["log"]]),
    )


def _question_rows(application: Application, net: Definition) -> Rows:
    rows: Rows = []
    for request in questions_of(application):
        is_answered = request.answered_at is not None
        if request.question or not request.fields:
            rows.append((request.question, request.answer or "noch ohne Antwort"))
        for one in asked_in_words(request, net):
            label = f"{one.label}: {one.question or 'folgt aus einer anderen Änderung'}"
            rows.append((label, _came_back(one, is_answered=is_answered)))
        if request.fields and request.answer and not request.question:
            rows.append(("Ihre Bemerkung dazu", request.answer))
        for key, values in (request.draft or {}).items():
            if any(values) and not key.startswith("_"):
                words = answer_in_words(net.field(key), values if len(values) > 1 else values[0])
                rows.append((f"Zwischengespeichert: {net.field(key).label}", words))
        if request.draft and any(request.draft.get("_answer", ())):
            rows.append(("Zwischengespeichert: Ihre Antwort", request.draft["_answer"][0]))
    return rows


def _came_back(one: AskedField, *, is_answered: bool) -> str:
    if not one.is_answered:
        return "nicht im Formular beantwortet" if is_answered else "noch ohne Antwort"
    if not one.is_changed:
        return f"unverändert: {one.after or 'keine Angabe'}"
    return f"{one.before or 'keine Angabe'} → {one.after or 'keine Angabe'}"


def _filled(*parts: tuple[str, Rows]) -> list[tuple[str, Rows]]:
    return [(heading, rows) for heading, rows in parts if rows]


def _consent_rows(stored: dict[str, Any]) -> Rows:
    return [(_day(c["at"]), f"{_STEPS[c['step']]}: {c['text']}") for c in stored["consents"]]


def _mail_rows(stored: dict[str, Any]) -> Rows:
    return [(_day(m["created_at"]), f"{m['subject']}, an {m['to']}") for m in stored["mails"]]


def _consents(steps: Sequence[ConsentEvent]) -> list[dict[str, Any]]:
    return [
        {
            "purpose": consent.purpose,
            "step": consent.step.value,
            "at": _iso(consent.at),
            "text": consent.text,
            "text_version": consent.text_version,
            "channel": consent.channel,
        }
        for consent in steps
    ]


def _mails(mails: Sequence[OutgoingMail]) -> list[dict[str, Any]]:
    return [
        {
            "subject": mail.subject,
            "to": mail.to_address,
            "state": mail.state.value,
            "created_at": _iso(mail.created_at),
            "finished_at": _iso(mail.finished_at),
        }
        for mail in mails
    ]


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
    EventTag.APPLICATION_REOPENED: "Wird noch einmal geprüft",
    EventTag.APPLICATION_WITHDRAWN: "Zurückgezogen",
    EventTag.APPLICATION_CLOSED: "Geschlossen, weil keine Antwort kam",
    EventTag.APPLICATION_RESTRICTED: "Verarbeitung eingeschränkt",
    EventTag.APPLICATION_RESTRICTION_LIFTED: "Einschränkung aufgehoben",
    EventTag.APPLICATION_CONSENT_WITHDRAWN: "Einwilligung widerrufen",
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


def person_data(account: Account) -> dict[str, Any]:
    """Everything stored about the owner of an account, by network, ready for JSON.

    Of an organisation that several people represent only what is theirs: the others' names,
    mails and steps are left out (Art. 15(4) GDPR).
    """
    standings = every_standing_of(account.id)
    cases = _cases_of(account, standings)
    shown = {case.id for standing in standings for case in _cases_in(standing, cases)}
    return {
        "account": {
            "email": account.email,
            "name": account.name,
            "proven_at": _iso(account.verified_at),
            "roles": [
                {
                    "network": role.network.slug if role.network else None,
                    "role": role.role.value,
                    "since": _iso(role.since),
                }
                for role in roles_of(account.id)
            ],
            "second_factors": [
                {"kind": kind, "name": name, "since": _iso(since)}
                for kind, name, since in factors_about(account)
            ],
            "saved_filters": [
                {"name": saved.name, "filter": saved.arguments, "saved_at": _iso(saved.saved_at)}
                for saved in filters_of(account.id)
            ],
            "pages_with_personal_data_seen": _viewings(account),
            "address_changes": [
                {"asked_at": _iso(c.asked_at), "from": c.old_email, "to": c.new_email}
                for c in _address_changes(account)
            ],
        },
        "memberships": [
            _membership_data(standing, account, _cases_in(standing, cases))
            for standing in standings
        ],
        "applications": [own_data(case) for case in cases if case.id not in shown],
        "handovers": _handovers(account),
        "deputyships": [
            {
                "organisation": organisation_of(deputy.seat).name,
                "name": deputy.full_name,
                "invited_at": _iso(deputy.invited_at),
                "accepted_at": _iso(deputy.accepted_at),
                "mails": _mails(mails_about(deputy.id, to=account.email)),
            }
            for deputy in deputyships_about(account)
        ],
    }


def _viewings(account: Account) -> dict[str, dict[str, int]]:
    """On which day the owner, as staff, was shown how many pages with personal data, by network."""
    counted: dict[str, dict[str, int]] = {}
    for slug, at in viewings_by(account.id):
        days = counted.setdefault(slug, {})
        day = at.astimezone(BERLIN).date().isoformat()
        days[day] = days.get(day, 0) + 1
    return counted


def _handovers(account: Account) -> list[dict[str, Any]]:
    """Seats on their way to or from the account's owner; nothing about the other person."""
    return [
        {
            "organisation": organisation_of(handover.seat).name,
            "as": "invited" if is_invited else "holder",
            "name": handover.invited_name if is_invited else None,
            "answers": handover.answers if is_invited else {},
            "objection": None if is_invited else handover.objection,
            "stage": handover.stage.value,
            "proposed_at": _iso(handover.proposed_at),
            "settled_at": _iso(handover.settled_at),
            "mails": _mails(mails_about(handover.id, to=account.email)),
        }
        for handover, is_invited in handovers_about(account)
    ]


def _handover_rows(stored: Sequence[dict[str, Any]]) -> Rows:
    said = {"invited": "Sie sind vorgeschlagen", "holder": "Ihr Sitz soll übergehen"}
    rows: Rows = []
    for one in stored:
        words = f"{said[one['as']]}: {one['organisation']} ({_STAGES[one['stage']]})"
        rows.append((_day(one["proposed_at"])[:10], words))
        if one["objection"]:
            rows.append(("Ihr Widerspruch", one["objection"]))
        rows += _mail_rows(one)
    return rows


def _deputy_rows(stored: Sequence[dict[str, Any]]) -> Rows:
    rows: Rows = []
    for one in stored:
        words = "Vertretung" if one["accepted_at"] else "Als Vertretung vorgeschlagen"
        day = _day(one["accepted_at"] or one["invited_at"])[:10]
        rows.append((day, f"{words}: {one['organisation']}, als {one['name']}"))
        rows += _mail_rows(one)
    return rows


_STAGES = {
    "open": "läuft",
    "contested": "strittig",
    "done": "übergeben",
    "declined": "abgelehnt",
    "withdrawn": "zurückgenommen",
    "expired": "abgelaufen",
    "refused": "nicht übergeben",
}


def _cases_of(account: Account, standings: Sequence[Standing]) -> Sequence[Application]:
    """What led to a membership is its holder's, or that representative's, whatever the address:
    that can be somebody else's by now. All else is whose address it is.
    """
    ids = [s.membership.id for s in standings if s.representative is None]
    acted = {s.membership.id for s in standings if s.representative is not None}
    own = [case for id_ in acted for case in cases_of_representative(id_, account.id)]
    return db.session.scalars(
        sa.select(Application)
        .where(
            Application.status != ApplicationStatus.UNCONFIRMED,
            sa.or_(
                sa.and_(Application.membership_id.is_(None), Application.email == account.email),
                Application.membership_id.in_(ids),
                Application.id.in_(own),
            ),
        )
        .order_by(Application.id)
    ).all()


def _cases_in(standing: Standing, cases: Sequence[Application]) -> list[Application]:
    return [case for case in cases if case.membership_id == standing.membership.id]


def _address_changes(account: Account) -> Sequence[AddressChange]:
    return db.session.scalars(
        sa.select(AddressChange)
        .where(AddressChange.account_id == account.id)
        .order_by(AddressChange.asked_at)
    ).all()


def _membership_data(
    standing: Standing, account: Account, cases: Sequence[Application]
) -> dict[str, Any]:
    membership, person = standing.membership, standing.representative
    # The address may have been another representative's before.
    mails = [
        mail
        for mail in mails_about(membership.id, to=account.email if person else None)
        if mail.created_at >= standing.since
    ]
    return {
        "network": membership.definition.network.slug,
        "holder": membership.holder.value,
        "organisation": membership.organisation_name,
        "member_since": _iso(membership.member_since),
        "acting_since": _iso(standing.since),
        "ended_at": _iso(standing.ended_at),
        "end_reason": membership.end_reason,
        "to_check_since": _iso(membership.to_check_since),
        "restricted_since": _iso(standing.restricted_at),
        "seat_reason": membership.seat_reason if person is None else None,
        "profile_questions_declined_at": _iso(standing.person.questions_declined_at),
        "answers": {key: value for key, value in standing.all_answers.items() if value},
        "consents": _consents(consents_of(standing.person.id)),
        "public_entry": _entry(standing),
        "objections": [
            {"against": objection.against.value, "at": _iso(objection.at)}
            for objection in _objections(membership, account)
        ],
        "mails": _mails(mails),
        "log": [
            {"at": _iso(event.at), "what": event.tag, "by": event.actor_kind}
            for event in events_about(membership.id)
            if event.tag in _MEMBER_STEPS and (person is None or _is_about(event, person))
        ],
        "exports_that_may_hold_it": [
            {"at": _iso(export.at), "purpose": export.purpose}
            for export in _exports_since(standing)
        ],
        "applications": [own_data(case) for case in cases],
    }


def _is_about(event: Event, person: Representative) -> bool:
    """Whether a step of an organisation's membership is this representative's, or everybody's."""
    named = json.loads(event.record)["details"].get("representative")
    if named is not None or event.actor_id is not None:
        return str(person.id) == named or event.actor_id == person.account_id
    return event.tag not in _OF_ONE_PERSON


def _entry(standing: Standing) -> dict[str, Any] | None:
    """The public entry that this very person agreed to."""
    entry = entry_of(standing.membership.id)
    if entry is None or entry.person is not standing.person:
        return None
    return {
        "shows": entry.fields,
        "status": entry.status.value,
        "agreed_at": _iso(entry.agreed_at),
        "released_at": _iso(entry.released_at),
        "refused_because": entry.refusal,
    }


def _objections(membership: Membership, account: Account) -> Sequence[Objection]:
    return db.session.scalars(
        sa.select(Objection).where(
            Objection.membership_id == membership.id, Objection.account_id == account.id
        )
    ).all()


def _exports_since(standing: Standing) -> Sequence[Export]:
    """To whom data of the network's members went, in the time of this one (Art. 15(1)(c))."""
    query = sa.select(Export).where(
        Export.network_id == standing.membership.network_id, Export.at >= standing.since
    )
    if standing.ended_at is not None:
        query = query.where(Export.at <= standing.ended_at)
    return db.session.scalars(query.order_by(Export.id)).all()


def person_data_in_words(account: Account) -> list[tuple[str, list[tuple[str, Rows]]]]:
    """The same to read: per membership, and per case without one, headings with lines."""
    stored = person_data(account)
    parts = [
        (
            "Ihr Zugang",
            _filled(
                ("Anmeldung", _account_rows(stored["account"])),
                ("Übergaben von Sitzen", _handover_rows(stored["handovers"])),
                ("Vertretungen", _deputy_rows(stored["deputyships"])),
            ),
        )
    ]
    standings = every_standing_of(account.id)
    cases = _cases_of(account, standings)
    shown = set()
    for standing, membership in zip(standings, stored["memberships"], strict=True):
        own = _cases_in(standing, cases)
        shown |= {case.id for case in own}
        parts.append((_network_name(standing.membership), _in_words(standing, membership)))
        parts += [_case_in_words(case) for case in own]
    return parts + [_case_in_words(case) for case in cases if case.id not in shown]


def _network_name(about: Membership | Application) -> str:
    return definition_of(about.definition).name


def _case_in_words(case: Application) -> tuple[str, list[tuple[str, Rows]]]:
    net = definition_of(case.definition)
    day = _day(case.submitted_at.isoformat())[:10]
    return f"{net.name}: {net.noun} vom {day}", own_data_in_words(case, net)


def _account_rows(account: dict[str, Any]) -> Rows:
    rows = [("E-Mail-Adresse", account["email"])]
    if account["name"]:
        rows.append(("Name im Team", account["name"]))
    rows += [(f"Rolle seit {_day(r['since'])[:10]}", r["network"] or "") for r in account["roles"]]
    return rows + [
        (_day(c["asked_at"]), f"Änderung der Adresse: {c['from']}, {c['to']}")
        for c in account["address_changes"]
    ]


def _in_words(standing: Standing, stored: dict[str, Any]) -> list[tuple[str, Rows]]:
    return _filled(
        ("Mitgliedschaft", _period_rows(stored)),
        (
            "Heutige Angaben",
            answers_in_words(stored["answers"], definition_of(standing.membership.definition)),
        ),
        ("Einwilligungen", _consent_rows(stored)),
        ("Öffentlicher Eintrag", _entry_rows(stored["public_entry"])),
        (
            "Widersprüche",
            [(_day(o["at"])[:10], _AGAINST[o["against"]]) for o in stored["objections"]],
        ),
        ("E-Mails zur Mitgliedschaft", _mail_rows(stored)),
        ("Protokoll", [(_day(e["at"]), _MEMBER_STEPS[e["what"]]) for e in stored["log"]]),
        (
            "Dateien, die Ihre Angaben enthalten können",
            [(_day(e["at"]), e["purpose"]) for e in stored["exports_that_may_hold_it"]],
        ),
    )


def _entry_rows(entry: dict[str, Any] | None) -> Rows:
    if entry is None:
        return []
    rows = [(_day(entry["agreed_at"]), "Veröffentlichung zugestimmt")]
    if entry["released_at"]:
        rows.append((_day(entry["released_at"]), "Von der Koordination freigegeben"))
    reason = entry["refused_because"]
    return [*rows, ("Nicht freigegeben", reason)] if reason else rows


def _period_rows(stored: dict[str, Any]) -> Rows:
    days = [
        ("Mitglied seit", stored["member_since"]),
        ("Beendet am", stored["ended_at"]),
        ("Zu prüfen seit", stored["to_check_since"]),
        ("Verarbeitung eingeschränkt seit", stored["restricted_since"]),
        ("Keine weiteren Fragen gewünscht seit", stored["profile_questions_declined_at"]),
    ]
    rows = [(label, _day(at)[:10]) for label, at in days if at]
    reason = stored["seat_reason"]
    return [*rows, ("Begründung des weiteren Sitzes", reason)] if reason else rows


_AGAINST = {"directory": "gegen das Verzeichnis der Mitglieder", "mailing": "gegen Mailings"}
_MEMBER_STEPS = {
    EventTag.MEMBERSHIP_STARTED: "Mitglied geworden",
    EventTag.MEMBERSHIP_ANSWERS_RENEWED: "Angaben durch einen neuen Antrag ersetzt",
    EventTag.MEMBERSHIP_REPRESENTATIVE_ADDED: "Ansprechperson geworden",
    EventTag.MEMBERSHIP_REPRESENTATIVE_LEFT: "Als Ansprechperson ausgeschieden",
    EventTag.MEMBERSHIP_REPRESENTATIVE_RETURNED: "Wieder Ansprechperson",
    EventTag.MEMBERSHIP_LEFT: "Ausgetreten",
    EventTag.MEMBERSHIP_RETURNED: "Zurückgekommen",
    EventTag.MEMBERSHIP_ENDED: "Vom Netzwerk beendet",
    EventTag.MEMBERSHIP_CHANGED: "Angaben geändert",
    EventTag.MEMBERSHIP_CHECKED: "Änderungen von der Koordination angesehen",
    EventTag.MEMBERSHIP_ADDRESS_CHANGED: "E-Mail-Adresse geändert",
    EventTag.MEMBERSHIP_CONSENT_WITHDRAWN: "Einwilligung widerrufen",
    EventTag.MEMBERSHIP_OBJECTED: "Widersprochen",
    EventTag.MEMBERSHIP_OBJECTION_TAKEN_BACK: "Widerspruch zurückgenommen",
    EventTag.MEMBERSHIP_RESTRICTED: "Verarbeitung eingeschränkt",
    EventTag.MEMBERSHIP_RESTRICTION_LIFTED: "Einschränkung aufgehoben",
    EventTag.MEMBERSHIP_QUESTIONS_DECLINED: "Fragen zum Profil abgelehnt",
    EventTag.MEMBERSHIP_DIRECTORY_JOINED: "Verzeichnis für Mitglieder zugestimmt",
    EventTag.MEMBERSHIP_ENTRY_SUBMITTED: "Öffentlichem Eintrag zugestimmt",
    EventTag.MEMBERSHIP_ENTRY_CHANGED: "Öffentlichen Eintrag geändert",
    EventTag.MEMBERSHIP_ENTRY_RELEASED: "Öffentlicher Eintrag freigegeben",
    EventTag.MEMBERSHIP_ENTRY_REFUSED: "Öffentlicher Eintrag nicht freigegeben",
    EventTag.MEMBERSHIP_ENTRY_CHECKED: "Öffentlicher Eintrag angesehen",
    EventTag.MEMBERSHIP_ENTRY_WITHDRAWN: "Öffentlicher Eintrag entfernt",
}
# By the link in a mail: the log does not say which representative it was.
_OF_ONE_PERSON = {
    EventTag.MEMBERSHIP_CONSENT_WITHDRAWN,
    EventTag.MEMBERSHIP_ENTRY_WITHDRAWN,
}
