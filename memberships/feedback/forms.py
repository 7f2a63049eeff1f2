"""The public form about a barrier, and the office's answer."""

from __future__ import annotations

import re
from typing import Any

from email_validator import EmailNotValidError
from wtforms import Form, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, StopValidation
from wtforms.widgets import HiddenInput

from memberships.applications.validators import (
    clean_line,
    clean_text,
    parse_address,
    wanted_characters,
)
from memberships.feedback.models import LONGEST_NAME, LONGEST_PAGE, LONGEST_TEXT
from memberships.review.forms import StaffForm

_LOCAL = re.compile(r"/(?!/)[\w/.~%+-]*")


def local_path(text: str) -> str:
    """The text if it is a path on this site, without query; else nothing."""
    path = text.partition("?")[0].partition("#")[0]
    return path if len(path) <= LONGEST_PAGE and _LOCAL.fullmatch(path) else ""


def _at_most(limit: int) -> Length:
    return Length(max=limit, message=f"Der Text ist zu lang. Möglich sind {limit} Zeichen.")


def _address(_form: Any, field: StringField) -> None:
    try:
        parse_address(field.data or "")
    except EmailNotValidError:
        raise StopValidation(
            "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de."
        ) from None


class BarrierForm(Form):
    text = TextAreaField(
        "Was geht nicht?",
        [
            DataRequired("Beschreiben Sie, was nicht geht."),
            _at_most(LONGEST_TEXT),
            wanted_characters,
        ],
        filters=[clean_text],
    )
    page = StringField(
        "Auf welcher Seite?",
        [Optional(), _at_most(LONGEST_PAGE), wanted_characters],
        filters=[clean_line],
    )
    name = StringField(
        "Ihr Name",
        [Optional(), _at_most(LONGEST_NAME), wanted_characters],
        filters=[clean_line],
    )
    email = StringField("Ihre E-Mail-Adresse", [Optional(), _address], filters=[clean_line])

    @property
    def address(self) -> str:
        return parse_address(self.email.data) if self.email.data else ""


class AnswerForm(StaffForm):
    version = IntegerField(validators=[DataRequired()], widget=HiddenInput())
    answer = TextAreaField(
        "Ihre Antwort",
        [
            DataRequired("Schreiben Sie, was Sie getan haben oder tun werden."),
            _at_most(4000),
            wanted_characters,
        ],
        filters=[clean_text],
    )
