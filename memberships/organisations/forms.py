"""What staff say about an organisation of the registry."""

from __future__ import annotations

from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import HiddenInput

from memberships.applications.validators import clean_line, clean_text, wanted_characters
from memberships.organisations.models import LONGEST_NAME, NameKind
from memberships.review.forms import CaseForm

KINDS = {
    NameKind.FORMER: "früherer Name",
    NameKind.SHORT: "Kurzname",
    NameKind.OTHER: "weiterer Name",
}


class NameForm(CaseForm):
    name = StringField(
        "Name",
        [
            DataRequired("Geben Sie den Namen ein."),
            Length(
                max=LONGEST_NAME,
                message=f"Der Name ist zu lang. Möglich sind {LONGEST_NAME} Zeichen.",
            ),
            wanted_characters,
        ],
        filters=[clean_line],
    )
    kind = SelectField("Art", choices={kind.value: label for kind, label in KINDS.items()})


class MergeForm(CaseForm):
    other_version = IntegerField(validators=[DataRequired()], widget=HiddenInput())
    reason = TextAreaField(
        "Warum ist es dieselbe?",
        [
            DataRequired("Schreiben Sie, woran Sie es erkannt haben."),
            Length(max=1000, message="Der Text ist zu lang. Möglich sind 1000 Zeichen."),
            wanted_characters,
        ],
        filters=[clean_text],
    )
