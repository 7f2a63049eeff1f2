"""The forms of a hand-over. They check shape and wording, services check truth."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, StopValidation
from wtforms.widgets import HiddenInput

from memberships.applications.validators import (
    clean_line,
    clean_text,
    parse_address,
    wanted_characters,
)
from memberships.seats.services import Invited

ADDRESS_INCOMPLETE = (
    "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de."
)
_NAME = [
    Length(max=80, message="Der Name ist zu lang. Möglich sind 80 Zeichen."),
    wanted_characters,
]
_TEXT = [
    Length(max=2000, message="Der Text ist zu lang. Möglich sind 2000 Zeichen."),
    wanted_characters,
]


def _address(_form: Any, field: StringField) -> None:
    try:
        parse_address(field.data or "")
    except EmailNotValidError:
        raise StopValidation(ADDRESS_INCOMPLETE) from None


class SeatForm(FlaskForm):
    """The guard has checked the token of whoever is signed in; links are secrets themselves."""

    class Meta:
        csrf = False
        locales = ("de_DE",)


class NameForm(SeatForm):
    first_name = StringField(
        "Vorname", [DataRequired("Geben Sie den Vornamen ein."), *_NAME], filters=[clean_line]
    )
    last_name = StringField(
        "Nachname", [DataRequired("Geben Sie den Nachnamen ein."), *_NAME], filters=[clean_line]
    )


class InvitedForm(NameForm):
    """Who is proposed."""

    email = StringField(
        "E-Mail-Adresse",
        [
            DataRequired(ADDRESS_INCOMPLETE),
            _address,
            Length(max=254, message="Die E-Mail-Adresse ist zu lang."),
        ],
        filters=[clean_line],
    )

    @property
    def invited(self) -> Invited:
        return Invited(
            self.first_name.data or "",
            self.last_name.data or "",
            parse_address(self.email.data or ""),
        )


class ProposalForm(InvitedForm):
    """`reason`: why nobody is waited for. `leaving`: who goes, where several represent it."""

    leaving = StringField("Wer aufhört", [Optional()])
    reason = TextAreaField(
        "Warum wir auf niemanden warten", [Optional(), *_TEXT], filters=[clean_text]
    )

    @property
    def leaving_id(self) -> UUID | None:
        try:
            return UUID(self.leaving.data or "")
        except ValueError:
            return None


class AcceptForm(NameForm):
    role = StringField(
        "Ihre Funktion in der Organisation",
        [
            Optional(),
            Length(max=160, message="Der Text ist zu lang. Möglich sind 160 Zeichen."),
            wanted_characters,
        ],
        filters=[clean_line],
    )


class ObjectionForm(SeatForm):
    objection = TextAreaField("Was spricht dagegen?", [Optional(), *_TEXT], filters=[clean_text])


class DecisionForm(SeatForm):
    version = IntegerField(validators=[DataRequired()], widget=HiddenInput())
    reason = TextAreaField(
        "Begründung",
        [DataRequired("Schreiben Sie, warum so entschieden wird."), *_TEXT],
        filters=[clean_text],
    )
