"""What is typed before a run begins, and before its cases leave in a file."""

from __future__ import annotations

from wtforms import BooleanField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from memberships.applications.validators import clean_line, clean_text, wanted_characters
from memberships.members.forms import LONGEST_PURPOSE
from memberships.members.models import ExportFormat
from memberships.replies.forms import known_placeholders
from memberships.review.forms import LONGEST, StaffForm


class StartForm(StaffForm):
    with_claimed = BooleanField()


class MessageForm(StartForm):
    message = TextAreaField(
        "Persönlicher Satz in jeder E-Mail",
        [
            Optional(),
            Length(max=LONGEST, message=f"Der Text ist zu lang. Möglich sind {LONGEST} Zeichen."),
            wanted_characters,
            known_placeholders,
        ],
        filters=[clean_text],
    )


class DeclineForm(MessageForm):
    reason = RadioField("Grund", [DataRequired("Wählen Sie einen Grund aus.")])


class FileForm(StaffForm):
    columns = SelectMultipleField(
        "Spalten", [DataRequired("Wählen Sie mindestens eine Spalte aus.")]
    )
    purpose = StringField(
        "Wofür brauchen Sie die Datei?",
        [
            DataRequired("Schreiben Sie, wofür Sie die Datei brauchen."),
            Length(
                max=LONGEST_PURPOSE,
                message=f"Der Zweck ist zu lang. Möglich sind {LONGEST_PURPOSE} Zeichen.",
            ),
            wanted_characters,
        ],
        filters=[clean_line],
    )
    format = RadioField(
        "Format",
        [DataRequired("Wählen Sie ein Format aus.")],
        choices={
            ExportFormat.XLSX.value: "Excel (XLSX)",
            ExportFormat.CSV.value: "CSV, passend für Excel",
        },
        default=ExportFormat.XLSX.value,
    )
