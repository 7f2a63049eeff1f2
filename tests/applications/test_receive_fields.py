"""Questions about single fields: asked by key, answered in the form, shown as old and new."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from memberships.applications.errors import (
    ApplicationChanged,
    ApplicationRestricted,
    FieldNotAskable,
    NothingAsked,
)
from memberships.applications.models import (
    AnswerRevision,
    Application,
    ApplicationStatus,
    Channel,
    InformationRequest,
)
from memberships.applications.queries import (
    answer_revision,
    askable_fields,
    asked_in_words,
    questions_of,
)
from memberships.applications.services import (
    close_unanswered,
    correct_answers,
    keep_draft,
    receive_fields,
    receive_information,
    remind_of_questions,
    request_information,
)
from memberships.database import db, unit_of_work, utcnow
from memberships.events.queries import check_log
from memberships.networks.queries import definition_of
from memberships.rights.queries import own_data, own_data_in_words
from tests.factories import Applied, token_in
from tests.review.cases import (
    APPLICANT,
    Staff,
    case,
    decline,
    locked,
    mails_of,
    tags,
    withdraw,
)
from tests.tables import all_of, nothing_stored, only

NAME, CODE = "Heißt die Werkstatt noch so?", "Wo sitzt sie?"
FIELDS = {"postal_code": CODE, "organisation_name": NAME}


def ask_fields(
    applied: Applied, by: Staff, question: str = "", fields: dict[str, str] | None = None
) -> InformationRequest:
    with unit_of_work():
        return request_information(
            locked(applied), question, by=by.actor, fields=FIELDS if fields is None else fields
        )


def come_back(applied: Applied, answer: str = "", seen: int | None = None, **changes: Any) -> None:
    question = questions_of(applied.row)[-1]
    answers = {key: value for key, value in (APPLICANT | changes).items() if value}
    with unit_of_work():
        receive_fields(
            locked(applied),
            answers,
            question_id=question.id,
            seen_revision=answer_revision(applied.row) if seen is None else seen,
            answer=answer,
        )


def words(request: InformationRequest) -> list[tuple[str, str, str, str]]:
    definition = definition_of(db.session.get_one(Application, request.application_id).definition)
    return [(f.label, f.question, f.before, f.after) for f in asked_in_words(request, definition)]


def test_fields_are_asked_in_the_order_of_the_form_and_named_in_the_mail(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    request = only(InformationRequest)
    assert request.fields == [
        {"key": "organisation_name", "question": NAME, "before": "Bürgerwerkstatt Öderan"},
        {"key": "postal_code", "question": CODE, "before": None},
    ]
    (mail,) = mails_of(applied, "information_requested")
    assert f"Zu Ihrer Angabe „Organisation oder Initiative“:\n{NAME}\n\nZu Ihrer" in mail.body
    assert CODE in mail.body
    assert "Öderan" not in mail.body.replace(NAME, "")
    assert f"/vorgang/{token_in(mail)}/rueckfrage\n" in mail.body
    assert tags(applied)[-1] == "information_requested"
    assert applied.row.status is ApplicationStatus.INFORMATION_REQUESTED


@pytest.mark.parametrize("key", ["email", "newsletter_consent", "website", "unknown", "city"])
def test_a_proven_address_a_consent_and_what_is_not_asked_here_cannot_be_asked(
    app, kim, key
) -> None:
    applied = case()
    assert key not in [field.key for field in askable_fields(applied.row)]
    with nothing_stored(), pytest.raises(FieldNotAskable):
        ask_fields(applied, kim, fields={"phone": "Stimmt sie?", key: "Und das?"})


def test_a_field_without_question_and_nothing_at_all_cannot_be_asked(app, kim) -> None:
    applied = case()
    with nothing_stored(), pytest.raises(FieldNotAskable):
        ask_fields(applied, kim, fields={"phone": ""})
    with nothing_stored(), pytest.raises(ValueError, match="nothing is asked"):
        ask_fields(applied, kim, fields={})


def test_a_field_whose_condition_is_not_met_is_not_asked(app, kim) -> None:
    applied = case(cooperation_mode="supporting", portfolio="")
    with nothing_stored(), pytest.raises(FieldNotAskable):
        ask_fields(applied, kim, fields={"portfolio": "Welche?"})


def test_what_comes_back_changes_the_answers_and_all_that_follows_from_them(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim, "Seit wann?")
    come_back(
        applied, "Seit 2019.", organisation_name="Ärzte für Öffentlichkeit", postal_code="01067"
    )

    application, request = applied.row, only(InformationRequest)
    assert application.status is ApplicationStatus.IN_REVIEW
    assert application.organisation_name == "Ärzte für Öffentlichkeit"
    assert application.answers["federal_state"] == "SN"
    assert "aerzte fuer oeffentlichkeit" in application.search_text
    assert only(AnswerRevision).answers["organisation_name"] == "Bürgerwerkstatt Öderan"
    assert (request.answer, request.answered_via) == ("Seit 2019.", Channel.ONLINE)
    assert words(request) == [
        (
            "Organisation oder Initiative",
            NAME,
            "Bürgerwerkstatt Öderan",
            "Ärzte für Öffentlichkeit",
        ),
        ("Postleitzahl der Organisation", CODE, "", "01067"),
    ]
    assert tags(applied)[-2:] == ["information_received", "answers_corrected"]
    assert check_log().faults == []


def test_nothing_has_to_be_changed(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    come_back(applied)
    request = only(InformationRequest)
    assert applied.row.status is ApplicationStatus.IN_REVIEW
    assert all_of(AnswerRevision) == []
    assert [one["after"] for one in request.fields] == ["Bürgerwerkstatt Öderan", None]
    definition = definition_of(applied.row.definition)
    assert [one.is_changed for one in asked_in_words(request, definition)] == [False, False]


def test_what_follows_from_a_change_is_kept_with_it(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim, fields={"cooperation_mode": "Wirklich?"})
    come_back(applied, cooperation_mode="supporting", portfolio="")
    (asked, followed) = words(only(InformationRequest))
    assert asked[2:] == ("In Projekten", "Unterstützend")
    assert followed[1:] == ("", APPLICANT["portfolio"], "")


def test_each_round_keeps_its_own(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    come_back(applied, organisation_name="Werkstatt A")
    ask_fields(applied, kim, fields={"organisation_name": "Sicher?"})
    with nothing_stored(), pytest.raises(ApplicationChanged):
        come_back(applied, seen=0, organisation_name="Werkstatt C")
    come_back(applied, organisation_name="Werkstatt B")
    first, second = questions_of(applied.row)
    assert words(first)[0][2:] == ("Bürgerwerkstatt Öderan", "Werkstatt A")
    assert words(second)[0][1:] == ("Sicher?", "Werkstatt A", "Werkstatt B")


def test_a_closed_application_goes_on_with_its_fields(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    with unit_of_work():
        db.session.execute(sa.update(InformationRequest).values(answer_by=utcnow()))
        assert remind_of_questions() == 1
    (reminder,) = mails_of(applied, "information_reminder")
    assert CODE in reminder.body
    with unit_of_work():
        db.session.execute(sa.update(InformationRequest).values(close_at=utcnow()))
        assert close_unanswered() == 1
    (closing,) = mails_of(applied, "application_closed")
    assert "/rueckfrage\n" in closing.body
    come_back(applied, postal_code="01067")
    assert applied.row.status is ApplicationStatus.IN_REVIEW
    assert applied.row.answers["postal_code"] == "01067"


def test_a_question_is_answered_once_and_only_while_it_is_open(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    come_back(applied)
    with nothing_stored(), pytest.raises(NothingAsked):
        come_back(applied, organisation_name="Zweimal")


@pytest.mark.parametrize("end", [decline, lambda applied, _kim: withdraw(applied)])
def test_a_question_that_has_ended_takes_nothing(app, kim, end) -> None:
    applied = case()
    ask_fields(applied, kim)
    question = only(InformationRequest)
    with unit_of_work():
        keep_draft(locked(applied), {"postal_code": ["0"]}, question_id=question.id)
    end(applied, kim)
    assert only(InformationRequest).draft is None
    with nothing_stored(), pytest.raises(NothingAsked):
        come_back(applied)
    with nothing_stored(), pytest.raises(NothingAsked), unit_of_work():
        keep_draft(locked(applied), {}, question_id=question.id)


def test_the_answer_to_another_question_is_refused(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    with nothing_stored(), pytest.raises(NothingAsked), unit_of_work():
        receive_fields(locked(applied), APPLICANT, question_id=uuid4(), seen_revision=0)


def test_a_text_alone_does_not_answer_fields_but_by_phone_it_does(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    with nothing_stored(), pytest.raises(NothingAsked), unit_of_work():
        receive_information(locked(applied), "Stimmt.")
    with unit_of_work():
        receive_information(locked(applied), "Stimmt.", by=kim.actor, via=Channel.PHONE)
    assert "after" not in only(InformationRequest).fields[0]
    assert applied.row.status is ApplicationStatus.IN_REVIEW


def test_a_restricted_case_takes_neither_answer_nor_draft(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    question = only(InformationRequest)
    with unit_of_work():
        locked(applied).restricted_at = utcnow()
    with nothing_stored(), pytest.raises(ApplicationRestricted):
        come_back(applied)
    with nothing_stored(), pytest.raises(ApplicationRestricted), unit_of_work():
        keep_draft(locked(applied), {}, question_id=question.id)


def test_answers_that_were_corrected_meanwhile_are_not_overwritten(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    with unit_of_work():
        correct_answers(locked(applied), APPLICANT | {"last_name": "Neu"}, seen_revision=0)
    with nothing_stored(), pytest.raises(ApplicationChanged):
        come_back(applied, seen=0)


def test_a_draft_waits_with_the_question_and_goes_with_the_answer(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim)
    version = applied.row.version
    question = only(InformationRequest)
    with unit_of_work():
        keep_draft(locked(applied), {"postal_code": ["0106"]}, question_id=question.id)
    question = only(InformationRequest)
    assert (question.draft, question.drafted_at is None) == ({"postal_code": ["0106"]}, False)
    assert applied.row.version == version
    said = dict(own_data_in_words(applied.row, definition_of(applied.row.definition)))
    rows = dict(said["Fragen und Antworten"])
    assert rows["Zwischengespeichert: Postleitzahl der Organisation"] == "0106"
    come_back(applied)
    question = only(InformationRequest)
    assert (question.draft, question.drafted_at) == (None, None)


def test_the_person_sees_every_round_in_the_own_data(app, kim) -> None:
    applied = case()
    ask_fields(applied, kim, "Seit wann?")
    come_back(applied, "Seit 2019.", organisation_name="Werkstatt A")
    (question,) = own_data(applied.row)["questions"]
    assert question["fields"][0]["after"] == "Werkstatt A"
    said = dict(own_data_in_words(applied.row, definition_of(applied.row.definition)))
    assert said["Fragen und Antworten"] == [
        ("Seit wann?", "Seit 2019."),
        (f"Organisation oder Initiative: {NAME}", "Bürgerwerkstatt Öderan → Werkstatt A"),
        (f"Postleitzahl der Organisation: {CODE}", "unverändert: keine Angabe"),
    ]
