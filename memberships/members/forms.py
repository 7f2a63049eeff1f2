"""The form of an export. It checks shape and wording."""

from __future__ import annotations

from wtforms import RadioField, StringField
from wtforms.validators import DataRequired, Length

from memberships.applications.validators import clean_line, wanted_characters
from memberships.members.models import ExportContent, ExportFormat
from memberships.review.forms import StaffForm

LONGEST_PURPOSE = 300


class ExportForm(StaffForm):
    content = RadioField(
        "Was brauchen Sie?",
        [DataRequired("Wählen Sie aus, was Sie brauchen.")],
        choices={
            ExportContent.MEMBERS.value: "Die Liste der Mitglieder",
            ExportContent.MEMBERSHIP_MAILING.value: "Adressen für eine E-Mail zur Mitgliedschaft",
            ExportContent.NEWS_MAILING.value: "Adressen für den Rundbrief",
        },
        default=ExportContent.MEMBERS.value,
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
