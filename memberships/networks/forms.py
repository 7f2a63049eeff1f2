"""The forms of "Texte und Kontakt". They check shape and wording; the service checks the whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from email_validator import EmailNotValidError
from wtforms import IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import DateField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.validators import StopValidation as Refused
from wtforms.widgets import HiddenInput

from memberships.applications.validators import (
    clean_line,
    clean_phone,
    clean_text,
    parse_address,
    wanted_characters,
)
from memberships.calendar import BERLIN
from memberships.database import utcnow
from memberships.mails.wording import (
    LONGEST_BODY,
    LONGEST_SUBJECT,
    TextFaults,
    body_faults,
    needed_in,
    placeholders_of,
    subject_faults,
)
from memberships.networks.definition import Definition
from memberships.networks.editing import LABELS, value_in
from memberships.review.forms import StaffForm

LONGEST_LINE, LONGEST_TEXT = 300, 4000
LONGEST_PAUSE = timedelta(days=366)
_ADDRESS = "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de."


def _at_most(limit: int) -> Length:
    return Length(max=limit, message=f"Der Text ist zu lang. Möglich sind {limit} Zeichen.")


def _address(_form: Any, field: StringField) -> None:
    try:
        parse_address(field.data or "")
    except EmailNotValidError:
        raise Refused(_ADDRESS) from None


def _line(key: str, *checks: Any, limit: int = LONGEST_LINE) -> StringField:
    return StringField(
        LABELS[key], [*checks, _at_most(limit), wanted_characters], filters=[clean_line]
    )


def _text(key: str, *checks: Any) -> TextAreaField:
    return TextAreaField(
        LABELS[key], [*checks, _at_most(LONGEST_TEXT), wanted_characters], filters=[clean_text]
    )


class _Needed(DataRequired):
    """Says which field is empty: the summary lists it far from its label."""

    def __call__(self, form: Any, field: Any) -> None:
        DataRequired(f"Füllen Sie „{field.label.text}“ aus.")(form, field)


_NEEDED = _Needed()


class _Number(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = int(valuelist[0])
            except ValueError:
                raise ValueError("Geben Sie eine Zahl ein.") from None


class _Day(DateField):
    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)  # type: ignore[no-untyped-call]  # WTForms carries no types
        except ValueError:
            raise ValueError("Geben Sie ein Datum ein, zum Beispiel 31.01.2027.") from None


class SeenForm(StaffForm):
    """Carries the number of the edit that the person saw; 0 is the file alone."""

    version = IntegerField(
        validators=[InputRequired(), NumberRange(min=0)], widget=HiddenInput(), default=0
    )


class TextsForm(SeenForm):
    """Contact, promise and texts of one network. A field's name is its key with _ for the dot."""

    office_name = _line("office.name", _NEEDED)
    office_email = _line("office.email", _NEEDED, _address, limit=254)
    office_phone = StringField(
        LABELS["office.phone"],
        [Optional(), _at_most(40), wanted_characters],
        filters=[clean_phone],
    )
    office_mailbox = _line("office.mailbox", Optional(), _address, limit=254)
    office_digest = SelectField(
        LABELS["office.digest"],
        choices={"daily": "Einmal am Tag", "at_once": "Sofort", "none": "Keine"},
    )
    promise_days = _Number(
        LABELS["promise.days"],
        [
            InputRequired("Geben Sie eine Zahl ein."),
            NumberRange(0, 366, "Möglich sind 0 bis 366 Tage."),
        ],
    )
    promise_working_days = RadioField(
        LABELS["promise.working_days"],
        [InputRequired("Wählen Sie aus, was gezählt wird.")],
        choices={"nein": "Kalendertage", "ja": "Arbeitstage"},
    )
    texts_answer = _line("texts.answer", _NEEDED)
    texts_lead = _text("texts.lead", _NEEDED)
    texts_after_submitting = _text("texts.after_submitting", _NEEDED)
    texts_in_review = _text("texts.in_review", Optional())
    texts_next_steps = _text("texts.next_steps", _NEEDED)

    def __init__(self, definition: Definition, **options: Any) -> None:
        stored = {name: value_in(definition, key) for name, key in KEYS.items()}
        stored["promise_working_days"] = "ja" if stored["promise_working_days"] else "nein"
        super().__init__(**{**stored, **options})  # type: ignore[no-untyped-call]  # WTForms carries no types

    def add_faults(self, keys: list[str]) -> None:
        """Say beside the fields what the check of the whole definition refused."""
        for name, key in KEYS.items():
            if key in keys:
                self[name].errors = [_REFUSED.get(key, "Dieser Wert passt nicht zum Netzwerk.")]

    @property
    def changes(self) -> dict[str, Any]:
        """What was typed, by the keys of edits; None is "as the file says"."""
        typed = {key: self[name].data for name, key in KEYS.items()}
        typed["promise.working_days"] = typed["promise.working_days"] == "ja"
        for address in ("office.email", "office.mailbox"):
            typed[address] = parse_address(typed[address]) if typed[address] else None
        return typed


KEYS = {
    key.replace(".", "_"): key
    for key in LABELS
    if key.partition(".")[0] in {"office", "promise", "texts"}
}
_REFUSED = {
    "promise.days": (
        "Entscheidet ein Mensch, dauert es mindestens einen Tag; entscheidet nie einer, gilt 0."
    ),
    "texts.in_review": "Hier entscheiden Menschen. Schreiben Sie, wer und worauf es ankommt.",
}


class MailWordsForm(SeenForm):
    """Subject and body of one mail."""

    subject = StringField(
        "Betreff", [_NEEDED, _at_most(LONGEST_SUBJECT), wanted_characters], filters=[clean_line]
    )
    body = TextAreaField(
        "Text", [_NEEDED, _at_most(LONGEST_BODY), wanted_characters], filters=[clean_text]
    )

    def __init__(self, kind: str, **options: Any) -> None:
        self.kind = kind
        super().__init__(**options)  # type: ignore[no-untyped-call]  # WTForms carries no types

    def validate_subject(self, field: StringField) -> None:
        faults = subject_faults(self.kind, field.data)
        if faults:
            names = [n for n in placeholders_of(self.kind) if n not in needed_in(self.kind)]
            raise Refused(in_german(faults, names))

    def validate_body(self, field: TextAreaField) -> None:
        faults = body_faults(self.kind, field.data)
        if faults:
            raise Refused(in_german(faults, list(placeholders_of(self.kind))))


def in_german(faults: TextFaults, known: list[str]) -> str:
    """What is wrong with the placeholders of a text, and which there are."""
    parts = []
    if faults.unknown:
        parts.append(
            "In doppelten Klammern steht etwas, das es hier nicht gibt: "
            f"{_braced(faults.unknown)}. "
            f"Möglich sind: {_braced(known)}."
        )
    if faults.missing:
        parts.append(f"Im Text fehlt: {_braced(faults.missing)}.")
    if faults.not_alone:
        parts.append(f"Allein auf einer Zeile stehen muss: {_braced(faults.not_alone)}.")
    return " ".join(parts)


def _braced(names: Any) -> str:
    return ", ".join(name if set(name) & set("{}") else f"{{{{{name}}}}}" for name in names)


class PauseForm(SeenForm):
    """Until when nobody is taken in, and what applicants read about it."""

    until = _Day(
        "Unterbrochen bis einschließlich",
        [InputRequired("Geben Sie den letzten Tag der Pause ein.")],
    )
    text = StringField(
        "Satz für alle, die sich anmelden möchten",
        [Optional(), _at_most(LONGEST_LINE), wanted_characters],
        filters=[clean_line],
    )

    def validate_until(self, field: DateField) -> None:
        today = utcnow().astimezone(BERLIN).date()
        if field.data is None:
            return
        if field.data < today:
            raise Refused("Dieser Tag ist schon vorbei.")
        if field.data > today + LONGEST_PAUSE:
            raise Refused("Eine Pause dauert höchstens ein Jahr.")
