"""What a network is: the model of one file in config/networks/.

It is self-contained: what a case keeps is this object, with every label and text in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, EmailStr, Field

KEY = r"^[a-z][a-z0-9_]{1,39}$"
Key = Annotated[str, Field(pattern=KEY)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\n]*$")]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Policy(StrEnum):
    """How an application is decided (domain.md, section 3)."""

    OPEN = "open"


class ControllerProfile(StrEnum):
    PRIVATE = "private"
    PUBLIC = "public"


class Option(Part):
    key: Key
    label: Line
    group: str = ""
    retired: bool = False


class FormField(Part):
    """One question of the form. `when` names earlier answers under which it is asked."""

    key: Key
    type: str
    label: Line
    hint: str = ""
    purpose: Line
    required: bool = False
    when: Mapping[Key, tuple[str, ...]] = {}
    missing: Line = "Füllen Sie dieses Feld bitte aus."
    autocomplete: str = ""
    half: bool = False


class TextField(FormField):
    type: Literal["text"]
    max: Annotated[int, Field(ge=1, le=500)]
    min: Annotated[int, Field(ge=0)] = 0


class LongTextField(FormField):
    type: Literal["long_text"]
    max: Annotated[int, Field(ge=1, le=10_000)]
    min: Annotated[int, Field(ge=0)] = 0


class EmailField(FormField):
    type: Literal["email"]
    max: Literal[254] = 254


class ChoiceField(FormField):
    type: Literal["choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2)]
    as_list: bool = False


class ConsentField(FormField):
    """A box that is never ticked beforehand. `text` is agreed to, and kept with each consent."""

    type: Literal["consent"]
    text: Text
    text_version: Line
    required: Literal[False] = False


AnyField = Annotated[
    TextField | LongTextField | EmailField | ChoiceField | ConsentField, Field(discriminator="type")
]


class Section(Part):
    title: str = ""
    when: Mapping[Key, tuple[str, ...]] = {}
    fields: Annotated[tuple[AnyField, ...], Field(min_length=1)]


class AdmissionRule(Part):
    """When the answers say `when`, `policy` decides. The first rule that fits counts."""

    key: Key
    policy: Policy
    when: Mapping[Key, tuple[str, ...]] = {}


class Controller(Part):
    """The body that answers for the data (Art. 4 no. 7 GDPR)."""

    name: Line
    address: Line
    email: EmailStr
    profile: ControllerProfile
    represented_by: Line
    data_protection_contact: Line


class Office(Part):
    name: Line
    email: EmailStr
    phone: str = ""


class Purpose(Part):
    """One block of the privacy notice and one row of the record of processing."""

    key: Key
    title: Line
    text: Text
    legal_basis: Line
    retention: Line


class Texts(Part):
    who_may_join: Text
    lead: Text
    membership: Annotated[tuple[Line, ...], Field(min_length=1)]
    eligibility: Text
    answer: Line
    after_submitting: Text
    next_steps: Text
    visibility: Line
    exit_rule: Line


class Definition(Part):
    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
    name: Line
    short_name: Line
    in_phrase: Line
    to_phrase: Line
    noun: Literal["Antrag", "Anmeldung"]
    apply_label: Line
    member_term: Line
    scope: Line
    hue: Literal["blue", "turquois", "violet", "orange", "green", "lime"]
    joins: Annotated[tuple[Literal["person", "organisation"], ...], Field(min_length=1)]
    controller: Controller
    office: Office
    supervisory_authority: Line
    texts: Texts
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    admission: Annotated[tuple[AdmissionRule, ...], Field(min_length=1)]

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """Names this version of the definition: equal content, equal digest."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def fields(self) -> tuple[AnyField, ...]:
        return tuple(field for section in self.sections for field in section.fields)

    def field(self, key: str) -> AnyField:
        """The field of that key. Raises KeyError when the form does not ask it."""
        for field in self.fields:
            if field.key == key:
                return field
        raise KeyError(key)

    @property
    def asks_applicant_kind(self) -> bool:
        return any(field.key == "applicant_kind" for field in self.fields)

    @cached_property
    def conditions(self) -> dict[str, Mapping[str, tuple[str, ...]]]:
        """Per field key all earlier answers under which it is asked, its section's included."""
        return {
            field.key: {**section.when, **field.when}
            for section in self.sections
            for field in section.fields
        }

    def rule_for(self, answers: Mapping[str, Any]) -> AdmissionRule:
        """The first admission rule whose condition the answers meet; the last one has none."""
        return next(rule for rule in self.admission if is_met(rule.when, answers))

    @property
    def placeholders(self) -> list[str]:
        """Keys whose values are examples: fine in a demonstration, refused in production."""
        values = {
            "controller.email": self.controller.email,
            "controller.address": self.controller.address,
            "controller.represented_by": self.controller.represented_by,
            "controller.data_protection_contact": self.controller.data_protection_contact,
            "office.email": self.office.email,
        }
        return [key for key, value in values.items() if "example." in value or "Muster" in value]


def is_met(when: Mapping[str, tuple[str, ...]], answers: Mapping[str, Any]) -> bool:
    """Whether the answers fulfil every part of a condition; an empty condition always holds."""
    return all(answers.get(key) in allowed for key, allowed in when.items())
