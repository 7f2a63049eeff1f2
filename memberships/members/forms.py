"""The form of an export, and a member's own answers in the form of the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from memberships.applications.forms import ApplicationForm, BoundField, BoundSection
from memberships.applications.validators import clean_line, clean_text, wanted_characters
from memberships.members.models import ExportContent, ExportFormat
from memberships.members.services import KEPT
from memberships.networks.definition import Definition
from memberships.review.forms import CaseForm, StaffForm

LONGEST_PURPOSE = 300


class FileForm(StaffForm):
    """What a file is for, and of which kind it is."""

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


class ExportForm(FileForm):
    content = RadioField(
        "Was brauchen Sie?",
        [DataRequired("Wählen Sie aus, was Sie brauchen.")],
        choices={
            ExportContent.MEMBERS.value: "Die Liste der Mitglieder",
            ExportContent.MEMBERSHIP_MAILING.value: "Adressen für eine E-Mail zur Mitgliedschaft",
            ExportContent.NEWS_MAILING.value: "Adressen für den Rundbrief",
            ExportContent.CASE_MAILING.value: "Adressen für eine E-Mail zu offenen Anträgen",
        },
        default=ExportContent.MEMBERS.value,
    )


class RefusalForm(CaseForm):
    reason = TextAreaField(
        "Grund, für das Mitglied",
        [
            DataRequired("Schreiben Sie, was das Mitglied ändern soll."),
            Length(max=1000, message="Der Text ist zu lang. Möglich sind 1000 Zeichen."),
            wanted_characters,
        ],
        filters=[clean_text],
    )


Typed = MultiDict[str, str] | ImmutableMultiDict[str, str]


class ChangeForm:
    """The network's form without what is changed on request or elsewhere.

    That stays as it is stored, whatever was typed, and cannot be at fault.
    """

    def __init__(
        self, definition: Definition, stored: Mapping[str, Any], typed: Typed | None = None
    ) -> None:
        values: MultiDict[str, str] = MultiDict(typed or ())
        for key, value in stored.items():
            if typed is None or key in KEPT:
                several = value if isinstance(value, list) else [value]
                values.setlist(key, [item for item in several if item])
        self.definition = definition
        self._stored = stored
        self._form = ApplicationForm(definition, values)

    def validate(self) -> bool:
        self._form.validate()
        return not self.errors and not self.new_questions

    @property
    def answers(self) -> dict[str, str | list[str]]:
        return self._form.answers

    @property
    def errors(self) -> list[tuple[BoundField, str]]:
        return [(field, error) for field, error in self._form.errors if field.key not in KEPT]

    @property
    def new_questions(self) -> list[BoundField]:
        return [field for field in self._form.new_questions if field.key not in KEPT]

    @property
    def sections(self) -> list[BoundSection]:
        """All sections, so that their order stays; some may have become empty."""
        return [
            replace(section, fields=tuple(f for f in section.fields if f.key not in KEPT))
            for section in self._form.sections
        ]

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """Kept answers under which others are asked: the style sheet looks for them."""
        asked = {key for when in self.definition.conditions.values() for key in when}
        return [
            (key, value)
            for key, value in self._stored.items()
            if key in asked & KEPT and isinstance(value, str)
        ]
