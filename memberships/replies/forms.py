"""The form of a saved reply."""

from __future__ import annotations

from typing import Any

from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError
from wtforms.widgets import HiddenInput

from memberships.applications.validators import clean_line, clean_text, wanted_characters
from memberships.replies.models import LONGEST_TITLE, Use
from memberships.replies.queries import PLACEHOLDERS, strangers_in
from memberships.review.forms import LONGEST, StaffForm

USES = {
    Use.QUESTION.value: "Rückfragen",
    Use.APPROVAL.value: "Aufnahmen",
    Use.DECLINE.value: "Ablehnungen",
}


def known_placeholders(_form: Any, field: TextAreaField) -> None:
    strangers = strangers_in(field.data or "")
    if strangers:
        raise ValidationError(
            f"Das kennen wir nicht: {', '.join(strangers)}. Möglich sind: "
            f"{', '.join(PLACEHOLDERS)}, jeweils in doppelten geschweiften Klammern."
        )


class ReplyForm(StaffForm):
    version = IntegerField(validators=[Optional()], widget=HiddenInput())
    use = RadioField("Wofür?", [DataRequired("Wählen Sie aus, wofür.")], choices=USES)
    title = StringField(
        "Titel",
        [
            DataRequired("Geben Sie dem Baustein einen Titel."),
            Length(
                max=LONGEST_TITLE,
                message=f"Der Titel ist zu lang. Möglich sind {LONGEST_TITLE} Zeichen.",
            ),
            wanted_characters,
        ],
        filters=[clean_line],
    )
    text = TextAreaField(
        "Text",
        [
            DataRequired("Schreiben Sie den Text."),
            Length(max=LONGEST, message=f"Der Text ist zu lang. Möglich sind {LONGEST} Zeichen."),
            wanted_characters,
            known_placeholders,
        ],
        filters=[clean_text],
    )
