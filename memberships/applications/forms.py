"""The application form, built from a network's definition. It looks nothing up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from email_validator import EmailNotValidError, validate_email
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from wtforms import Form, StringField, validators

from memberships.applications.conditions import condition_ids, condition_key
from memberships.networks.definition import (
    AnyField,
    ChoiceField,
    ConsentField,
    Definition,
    EmailField,
    LongTextField,
    Option,
    TextField,
    is_met,
)

# Control characters have no place in a name; direction overrides make a text look like another.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
_EDGES = "\u200b\u200e\u200f\u2060\ufeff"

Validator = Callable[[Form, StringField], None]


def clean_line(value: str | None) -> str:
    """One line without outer and repeated blanks, in Unicode normal form C."""
    return unicodedata.normalize("NFC", " ".join((value or "").split()).strip(_EDGES).strip())


def clean_text(value: str | None) -> str:
    """Several lines, ends of lines as line feeds, in Unicode normal form C."""
    text = (value or "").replace("\r\n", "\n").replace("\r", "\n").strip().strip(_EDGES).strip()
    return unicodedata.normalize("NFC", text)


def parse_address(value: str) -> str:
    """The mail address in lower case with an ASCII domain. Raises EmailNotValidError."""
    checked = validate_email(value, check_deliverability=False, allow_smtputf8=False)
    return (checked.ascii_email or checked.normalized).lower()


def _wanted_characters(form: Form, field: StringField) -> None:
    if _UNWANTED.search(field.data or ""):
        raise validators.StopValidation(
            "Der Text enthält Steuerzeichen, die nicht gespeichert werden können. "
            "Geben Sie ihn bitte neu ein."
        )


def _length(minimum: int, maximum: int) -> Validator:
    def check(form: Form, field: StringField) -> None:
        length = len(field.data or "")
        if length > maximum:
            over = length - maximum
            raise validators.StopValidation(
                f"Der Text ist {over} Zeichen zu lang. Möglich sind {maximum} Zeichen."
            )
        if 0 < length < minimum:
            raise validators.StopValidation(
                f"Schreiben Sie bitte etwas mehr: mindestens {minimum} Zeichen."
            )

    return check


def _address(form: Form, field: StringField) -> None:
    try:
        parse_address(field.data or "")
    except EmailNotValidError:
        raise validators.StopValidation(
            "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de."
        ) from None


def _one_of(options: tuple[Option, ...]) -> Validator:
    keys = {option.key for option in options if not option.retired}

    def check(form: Form, field: StringField) -> None:
        if field.data not in keys:
            raise validators.StopValidation("Wählen Sie eine der angebotenen Antworten aus.")

    return check


def _validators(field: AnyField) -> list[Any]:
    needed = validators.DataRequired(field.missing) if field.required else validators.Optional()
    match field:
        case TextField() | LongTextField():
            return [needed, _wanted_characters, _length(field.min, field.max)]
        case EmailField():
            return [needed, _wanted_characters, _length(0, field.max), _address]
        case ChoiceField():
            return [needed, _one_of(field.options)]
        case ConsentField():
            return []


@lru_cache(maxsize=64)
def form_class(definition: Definition) -> type[Form]:
    """The WTForms class of a definition. The prefix keeps keys from shadowing methods."""
    fields = {
        f"x_{field.key}": StringField(
            field.label,
            _validators(field),
            filters=[clean_text if isinstance(field, LongTextField) else clean_line],
            name=field.key,
        )
        for field in definition.fields
    }
    return type("NetworkForm", (Form,), fields)


@dataclass(frozen=True)
class BoundField:
    """One question as the page shows it: what is asked, what was typed, what is wrong."""

    field: AnyField
    value: str
    errors: tuple[str, ...]
    condition_id: str

    @property
    def id(self) -> str:
        return f"feld-{self.field.key}"

    @property
    def name(self) -> str:
        return self.field.key

    @property
    def kind(self) -> str:
        return self.field.type

    @property
    def max(self) -> int | None:
        return getattr(self.field, "max", None)

    @property
    def options(self) -> tuple[Option, ...]:
        options: tuple[Option, ...] = getattr(self.field, "options", ())
        return tuple(option for option in options if not option.retired)

    @property
    def as_list(self) -> bool:
        return bool(getattr(self.field, "as_list", False))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.field, name)


@dataclass(frozen=True)
class BoundSection:
    title: str
    fields: tuple[BoundField, ...]
    condition_id: str


class ApplicationForm:
    """A network's form with what somebody typed.

    Questions whose condition the answers do not meet are neither checked nor taken over, but what
    was typed there stays on the page.
    """

    def __init__(
        self, definition: Definition, typed: MultiDict[str, str] | ImmutableMultiDict[str, str]
    ) -> None:
        self.definition = definition
        self._typed = typed
        self._form = form_class(definition)(_First(typed))
        self._errors: dict[str, tuple[str, ...]] = {}

    def validate(self) -> bool:
        """Check all questions that are asked; afterwards `errors` and `answers` are filled."""
        self._form.validate()
        self._errors = {
            key: tuple(map(str, self._bound(key).errors))
            for key in self._asked
            if self._bound(key).errors
        }
        return not self._errors

    @cached_property
    def _asked(self) -> list[str]:
        asked: dict[str, str] = {}
        for field in self.definition.fields:
            if is_met(self.definition.conditions[field.key], asked):
                asked[field.key] = self._value(field.key)
        return list(asked)

    def _bound(self, key: str) -> Any:
        return self._form[f"x_{key}"]

    def _value(self, key: str) -> str:
        return self._bound(key).data or ""

    @property
    def answers(self) -> dict[str, str]:
        """One value per question that was asked and answered, consents left out."""
        return {
            field.key: parse_address(value) if isinstance(field, EmailField) else value
            for field in self.definition.fields
            if field.key in self._asked and not isinstance(field, ConsentField)
            if (value := self._value(field.key))
        }

    @property
    def consents(self) -> set[str]:
        """The keys of the ticked consents."""
        return {
            field.key
            for field in self.definition.fields
            if isinstance(field, ConsentField) and field.key in self._asked
            if self._value(field.key) == "y"
        }

    @property
    def sections(self) -> list[BoundSection]:
        ids = condition_ids(self.definition)
        return [
            BoundSection(
                title=section.title,
                condition_id=ids.get(condition_key(section.when), ""),
                fields=tuple(self._bind(field, ids) for field in section.fields),
            )
            for section in self.definition.sections
        ]

    def _bind(self, field: AnyField, ids: Mapping[str, str]) -> BoundField:
        return BoundField(
            field,
            value=self._typed.get(field.key, ""),
            errors=self._errors.get(field.key, ()),
            condition_id=ids.get(condition_key(field.when), ""),
        )

    @property
    def errors(self) -> list[tuple[BoundField, str]]:
        """Field and first message, in the order of the page."""
        return [
            (field, field.errors[0])
            for section in self.sections
            for field in section.fields
            if field.errors
        ]


class _First(dict[str, list[str]]):
    """Form values for WTForms; of a name sent twice only the first counts."""

    def __init__(self, typed: MultiDict[str, str] | ImmutableMultiDict[str, str]) -> None:
        super().__init__({key: [value] for key, value in typed.items()})

    def getlist(self, key: str) -> list[str]:
        return self.get(key, [])
