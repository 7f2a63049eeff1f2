"""Cleaning what was typed, and the checks of the application form, each with what to do instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from babel.numbers import format_decimal
from email_validator import EmailNotValidError, validate_email
from wtforms import Field, Form, validators

from memberships.networks.definition import (
    AnyField,
    ChoiceField,
    ConsentField,
    MultiChoiceField,
    Option,
)

# Control characters have no place in a name; direction overrides make a text look like another.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
UNWANTED = (
    "Der Text enthält Steuerzeichen, die nicht gespeichert werden können. "
    "Geben Sie ihn bitte neu ein."
)
_EDGES = "\u200b\u200e\u200f\u2060\ufeff"

_PHONE = re.compile(r"[0-9 ()+/-]*")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")

_WEB_SCHEME = re.compile(r"https?://", re.IGNORECASE)
# mailto:, javascript:, ftp: – but not the port of www.stadt.de:8080.
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+-]*:(?![0-9])|[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")
_NOT_IN_URL = re.compile(r"[\s\\<>\"`{}|^]")


class NetworkForm(Form):
    """The base of every network's form.

    `country` is that question's answer, if it is asked; `places` are the keys of those that the
    postal code leaves to choose from.
    """

    country = ""
    places: Collection[str] = ()

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(Form.validate(self, extra_validators))


Validator = Callable[[NetworkForm, Field], None]


def clean_line(value: str | None) -> str:
    """One line without outer and repeated blanks, in Unicode normal form C."""
    return unicodedata.normalize("NFC", " ".join((value or "").split()).strip(_EDGES).strip())


def clean_text(value: str | None) -> str:
    """Several lines, ends of lines as line feeds, in Unicode normal form C."""
    text = (value or "").replace("\r\n", "\n").replace("\r", "\n").strip().strip(_EDGES).strip()
    return unicodedata.normalize("NFC", text)


def clean_phone(value: str | None) -> str:
    """One line in which every dash is a hyphen."""
    return clean_line(value).translate(_DASHES)


def clean_keys(values: list[str] | None) -> list[str]:
    """The ticked keys, each once, in the order in which they came."""
    return list(dict.fromkeys(key for value in values or () if (key := clean_line(value))))


def in_german(number: int) -> str:
    """3000 as people write it: 3.000."""
    return format_decimal(number, locale="de")


def parse_address(value: str) -> str:
    """The mail address in lower case with an ASCII domain. Raises EmailNotValidError."""
    checked = validate_email(value, check_deliverability=False, allow_smtputf8=False)
    return (checked.ascii_email or checked.normalized).lower()


def parse_url(value: str) -> str:
    """The address of a website with its scheme, which is https where none was typed.

    Only http and https name one. Raises ValueError for everything else.
    """
    if not _WEB_SCHEME.match(value):
        if _OTHER_SCHEME.match(value):
            raise ValueError("another scheme")
        value = f"https://{value.removeprefix('//')}"
    parts = urlsplit(value)
    host, _port = parts.hostname or "", parts.port
    if _NOT_IN_URL.search(value) or "@" in parts.netloc:
        raise ValueError("not a website")
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise ValueError("no host")
    return parts._replace(netloc=parts.netloc.lower()).geturl()


def has_unwanted_characters(text: str) -> bool:
    """Whether a text holds control characters or direction overrides."""
    return _UNWANTED.search(text) is not None


def wanted_characters(form: NetworkForm, field: Field) -> None:
    if has_unwanted_characters(field.data or ""):
        raise validators.StopValidation(UNWANTED)


def _length(minimum: int, maximum: int) -> Validator:
    def check(form: NetworkForm, field: Field) -> None:
        length = len(field.data or "")
        if length > maximum:
            over = length - maximum
            raise validators.StopValidation(
                f"Der Text ist {in_german(over)} Zeichen zu lang. "
                f"Möglich sind {in_german(maximum)} Zeichen."
            )
        if 0 < length < minimum:
            raise validators.StopValidation(
                f"Schreiben Sie bitte etwas mehr: mindestens {minimum} Zeichen."
            )

    return check


def _address(form: NetworkForm, field: Field) -> None:
    try:
        field.data = parse_address(field.data or "")
    except EmailNotValidError:
        raise validators.StopValidation(
            "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de."
        ) from None


def _phone(form: NetworkForm, field: Field) -> None:
    digits = sum(character.isdigit() for character in field.data)
    if not _PHONE.fullmatch(field.data) or digits < 3:
        raise validators.StopValidation(
            "Geben Sie die Telefonnummer mit Ziffern ein, zum Beispiel 030 23125 000. "
            "Möglich sind auch Leerzeichen und die Zeichen + ( ) / -."
        )


def _url(form: NetworkForm, field: Field) -> None:
    try:
        field.data = parse_url(field.data)
    except ValueError:
        raise validators.StopValidation(
            "Geben Sie die Adresse der Website vollständig ein, zum Beispiel www.beispiel.de."
        ) from None


def _postal_code(form: NetworkForm, field: Field) -> None:
    if form.country not in {"", "DE"}:
        return
    field.data = field.data.replace(" ", "")
    if not re.fullmatch("[0-9]{5}", field.data):
        raise validators.StopValidation("Geben Sie die Postleitzahl mit 5 Ziffern ein.")


def _one_of_the_places(form: NetworkForm, field: Field) -> None:
    if field.data not in form.places:
        raise validators.StopValidation("Wählen Sie einen der angebotenen Orte aus.")


def _keys(options: tuple[Option, ...]) -> set[str]:
    return {option.key for option in options if not option.retired}


def _one_of(options: tuple[Option, ...]) -> Validator:
    keys = _keys(options)

    def check(form: NetworkForm, field: Field) -> None:
        if field.data not in keys:
            raise validators.StopValidation("Wählen Sie eine der angebotenen Antworten aus.")

    return check


def _some_of(options: tuple[Option, ...]) -> Validator:
    keys = _keys(options)

    def check(form: NetworkForm, field: Field) -> None:
        if not keys.issuperset(field.data):
            raise validators.StopValidation("Wählen Sie nur angebotene Antworten aus.")

    return check


def validators_of(field: AnyField) -> list[Any]:
    """The checks of a field, in the order in which they are made; the first fault is told."""
    if isinstance(field, ConsentField):
        return []
    needed = validators.DataRequired(field.missing) if field.required else validators.Optional()
    match field:
        case ChoiceField():
            return [needed, _one_of(field.options)]
        case MultiChoiceField():
            # Optional would stop at an empty first value and leave the others unchecked.
            return [*([needed] if field.required else ()), _some_of(field.options)]
        case _:
            return [needed, wanted_characters, *_text_validators(field)]


def _text_validators(field: AnyField) -> list[Validator]:
    length = _length(getattr(field, "min", 0), getattr(field, "max", 0))
    check = _CHECKS.get(field.type)
    # Twice: a check may complete what was typed.
    return [length, check, length] if check else [length]


_CHECKS: dict[str, Validator] = {
    "email": _address,
    "phone": _phone,
    "url": _url,
    "postal_code": _postal_code,
    "place": _one_of_the_places,
}
