"""The forms of the case page. They check shape and wording, services check truth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import DateField
from wtforms.validators import DataRequired, Length, Optional, StopValidation, ValidationError
from wtforms.widgets import HiddenInput

from memberships.applications.models import Channel, Recommendation
from memberships.applications.validators import clean_line, clean_text, wanted_characters
from memberships.calendar import BERLIN
from memberships.database import utcnow
from memberships.members.models import EndReason
from memberships.networks.definition import AnyField
from memberships.review.models import LONGEST_NAME

LONGEST = 4000
_TOO_LONG = f"Der Text ist zu lang. Möglich sind {LONGEST} Zeichen."
_TEXT = [Length(max=LONGEST, message=_TOO_LONG), wanted_characters]


def _not_to_come(_form: Any, field: DateField) -> None:
    if field.data > utcnow().astimezone(BERLIN).date():
        raise ValidationError("Dieser Tag liegt in der Zukunft.")


CHANNELS = {
    Channel.EMAIL.value: "E-Mail",
    Channel.PHONE.value: "Telefon",
    Channel.LETTER.value: "Brief oder Formular auf Papier",
    Channel.MEETING.value: "Treffen oder Stand",
}


class StaffForm(FlaskForm):
    """A form of a guarded view: the guard has checked its token already."""

    class Meta:
        csrf = False
        locales = ("de_DE",)


class FilterNameForm(StaffForm):
    name = StringField(
        "Name des Filters",
        [
            DataRequired("Geben Sie dem Filter einen Namen."),
            Length(
                max=LONGEST_NAME,
                message=f"Der Name ist zu lang. Möglich sind {LONGEST_NAME} Zeichen.",
            ),
            wanted_characters,
        ],
        filters=[clean_line],
    )


class CaseForm(StaffForm):
    """Every form on a case carries the row version that the person saw."""

    version = IntegerField(validators=[DataRequired()], widget=HiddenInput())


class MessageForm(CaseForm):
    message = TextAreaField(
        "Persönlicher Satz in der E-Mail", [Optional(), *_TEXT], filters=[clean_text]
    )


class ApprovalForm(MessageForm):
    expected = HiddenField()


class DeclineForm(MessageForm):
    reason = RadioField(
        "Grund", [DataRequired("Wählen Sie einen Grund aus.")], validate_choice=False
    )


def _something_is_asked(form: Any, field: TextAreaField) -> None:
    if not field.data and not form.picked:
        raise StopValidation(
            "Schreiben Sie, was Sie wissen möchten, oder wählen Sie eine Angabe aus."
        )


def _asked_when_picked(form: Any, field: TextAreaField) -> None:
    key = field.name.removeprefix(_ASK)
    if not form[_PICK + key].data:
        raise StopValidation
    if not field.data:
        label = form[_PICK + key].label.text
        raise StopValidation(f"Schreiben Sie, was Sie zu „{label}“ wissen möchten.")


_PICK, _ASK = "feld_", "frage_"


class QuestionForm(CaseForm):
    """A general question, and one to each picked field of the case: see `question_form`."""

    question = TextAreaField("Ihre Frage", [_something_is_asked, *_TEXT], filters=[clean_text])

    @property
    def picked(self) -> list[str]:
        """The keys of the picked fields."""
        return [f.name.removeprefix(_PICK) for f in self if f.type == "BooleanField" and f.data]

    @property
    def fields(self) -> dict[str, str]:
        """The question to each picked field."""
        return {key: self.ask(key).data or "" for key in self.picked}

    def pick(self, key: str) -> BooleanField:
        """The box of a field."""
        box: BooleanField = self[_PICK + key]
        return box

    def ask(self, key: str) -> TextAreaField:
        """The question to a field."""
        question: TextAreaField = self[_ASK + key]
        return question


def question_form(fields: Iterable[AnyField]) -> QuestionForm:
    """The form with a box and a question for each of these fields."""
    parts: dict[str, Any] = {}
    for field in fields:
        checks = [_asked_when_picked, *_TEXT]
        parts[_PICK + field.key] = BooleanField(field.label)
        parts[_ASK + field.key] = TextAreaField("Ihre Frage dazu", checks, filters=[clean_text])
    form: QuestionForm = type("QuestionForm", (QuestionForm,), parts)()
    return form


class HandOnForm(CaseForm):
    colleague = RadioField("An wen?", [DataRequired("Wählen Sie aus, wer den Fall bekommt.")])


class ReopeningForm(CaseForm):
    reason = TextAreaField(
        "Warum wird noch einmal geprüft?",
        [DataRequired("Schreiben Sie, warum der Fall noch einmal geprüft wird."), *_TEXT],
        filters=[clean_text],
    )


class NoteForm(StaffForm):
    text = TextAreaField(
        "Neue Notiz", [DataRequired("Schreiben Sie eine Notiz."), *_TEXT], filters=[clean_text]
    )


class ReplyForm(CaseForm):
    answer = TextAreaField(
        "Antwort",
        [DataRequired("Schreiben Sie, was geantwortet wurde."), *_TEXT],
        filters=[clean_text],
    )
    channel = SelectField("Wie kam sie?", choices=CHANNELS, validate_choice=True)


class RecommendationForm(CaseForm):
    recommendation = RadioField(
        "Empfehlung",
        [DataRequired("Wählen Sie eine Empfehlung aus.")],
        choices={
            Recommendation.APPROVE.value: "Aufnehmen",
            Recommendation.DECLINE.value: "Nicht aufnehmen",
        },
    )
    note = TextAreaField("Begründung für das Gremium", [Optional(), *_TEXT], filters=[clean_text])


def _organisation_or_new(_form: Any, field: StringField) -> None:
    try:
        known = field.data == NEW_ORGANISATION or UUID(field.data or "")
    except ValueError:
        known = False
    if not known:
        raise ValidationError("Wählen Sie aus, welche Organisation es ist.")


NEW_ORGANISATION = "neu"


class OrganisationForm(CaseForm):
    organisation = StringField("Welche Organisation ist es?", [_organisation_or_new])
    city = StringField(
        "Ort der neuen Organisation",
        [Optional(), Length(max=120, message="Der Ort ist zu lang."), wanted_characters],
        filters=[clean_line],
    )


def _a_known_one(_form: Any, field: StringField) -> None:
    try:
        UUID(field.data or "")
    except ValueError:
        raise ValidationError("Wählen Sie aus, welche Organisation es ist.") from None


class RuleOutForm(CaseForm):
    organisation = StringField("Organisation", [_a_known_one])


class SeatForm(CaseForm):
    seat_reason = TextAreaField(
        "Begründung für einen weiteren Sitz",
        [DataRequired("Schreiben Sie, warum es einen weiteren Sitz gibt."), *_TEXT],
        filters=[clean_text],
    )


class UnitForm(SeatForm):
    organisation = StringField("Organisation", [_a_known_one])


END_REASONS = {
    EndReason.OWN_EXIT.value: "Austritt, uns mitgeteilt",
    EndReason.ENDED_BY_NETWORK.value: "Durch das Netzwerk beendet",
    EndReason.SEAT_VACANT.value: "Sitz nicht besetzt",
    EndReason.ORGANISATION_DISSOLVED.value: "Organisation aufgelöst (ohne E-Mail)",
    EndReason.DECEASED.value: "Verstorben (ohne E-Mail)",
    EndReason.MERGED_DUPLICATE.value: "Doppelt geführt",
}


def _reason_is_told(form: Any, field: TextAreaField) -> None:
    if form.reason.data == EndReason.ENDED_BY_NETWORK and not field.data:
        raise StopValidation("Schreiben Sie, warum das Netzwerk die Mitgliedschaft beendet.")


class EndForm(CaseForm):
    """`version` is the membership's."""

    reason = RadioField("Grund", [DataRequired("Wählen Sie einen Grund aus.")], choices=END_REASONS)
    message = TextAreaField(
        "Persönlicher Satz in der E-Mail",
        [_reason_is_told, Optional(), *_TEXT],
        filters=[clean_text],
    )


class MeetingForm(StaffForm):
    body = StringField(
        "Gremium",
        [DataRequired("Geben Sie an, wer entschieden hat."), Length(max=120), wanted_characters],
        filters=[clean_line],
    )
    decided_on = DateField(
        "Tag der Sitzung", [DataRequired("Geben Sie den Tag der Sitzung ein."), _not_to_come]
    )


class EntryForm(StaffForm):
    channel = SelectField("Auf welchem Weg?", choices=CHANNELS)
    received_on = DateField("Wann?", [DataRequired("Geben Sie den Tag ein."), _not_to_come])


def fill_reasons(form: DeclineForm, reasons: Any) -> DeclineForm:
    """Offer the network's own reasons."""
    form.reason.choices = [(reason.key, reason.label) for reason in reasons]
    return form


NOT_OFFERED = "Löschen Sie erst, wenn das Archiv die Unterlagen abgelehnt oder übernommen hat."
NOT_INFORMED = (
    "Informieren Sie zuerst die Person und bestätigen Sie es hier (Art. 18 Abs. 3 DSGVO)."
)


class RestrictionForm(CaseForm):
    """`informed`: whoever was told before it is lifted (Art. 18(3) GDPR)."""

    informed = BooleanField("Die Person weiß, dass die Einschränkung jetzt aufgehoben wird.")


class ErasureForm(CaseForm):
    archive_offered = BooleanField(
        "Das zuständige Archiv hat die Unterlagen abgelehnt oder übernommen."
    )


class AddressForm(StaffForm):
    email = StringField(
        "E-Mail-Adresse",
        [DataRequired("Geben Sie die E-Mail-Adresse ein."), Length(max=254, message=_TOO_LONG)],
        filters=[clean_line],
    )
