"""The forms of signing in and of a team. They look nothing up."""

from __future__ import annotations

from typing import Any

from email_validator import EmailNotValidError
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import Form, SelectField, StringField, validators
from wtforms.fields.choices import SelectChoice

from memberships.applications.validators import clean_line, parse_address, wanted_characters
from memberships.permissions import NETWORK_ROLES, Role

ADDRESS_INCOMPLETE = (
    "Geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@beispiel.de."
)
LONGEST_NAME = 80


def _address(form: Form, field: StringField) -> None:
    try:
        parse_address(field.data or "")
    except EmailNotValidError:
        raise validators.StopValidation(ADDRESS_INCOMPLETE) from None


class SignInForm(Form):
    def __init__(self, typed: ImmutableMultiDict[str, str] | None = None) -> None:
        Form.__init__(self, typed)

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(Form.validate(self, extra_validators))

    email = StringField("E-Mail-Adresse", [_address], filters=[clean_line])

    @property
    def address(self) -> str:
        return parse_address(self.email.data or "")


class AddressForm(SignInForm):
    email = StringField("Neue E-Mail-Adresse", [_address], filters=[clean_line])


class InvitationForm(SignInForm):
    name = StringField(
        "Vor- und Nachname",
        [
            validators.DataRequired("Geben Sie den Namen ein, den das Team lesen soll."),
            validators.Length(
                max=LONGEST_NAME,
                message=f"Der Name ist zu lang. Möglich sind {LONGEST_NAME} Zeichen.",
            ),
            wanted_characters,
        ],
        filters=[clean_line],
    )
    role = SelectField(
        "Rolle",
        choices=[SelectChoice(role.value, role.value) for role in NETWORK_ROLES],
        default=Role.COORDINATOR.value,
        validate_choice=False,
    )

    def validate_role(self, field: SelectField) -> None:
        if parse_role(field.data) is None:
            raise validators.StopValidation("Wählen Sie eine der angebotenen Rollen aus.")


def parse_role(value: str | None) -> Role | None:
    """A role that somebody can hold in a network."""
    return next((role for role in NETWORK_ROLES if role.value == value), None)
