"""The application form, built from a network's definition. It looks nothing up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from wtforms import Field, StringField

from memberships.applications.conditions import (
    condition_ids,
    condition_key,
    depends_on_place,
    seen_condition,
)
from memberships.applications.places import location_of
from memberships.applications.validators import (
    NetworkForm,
    clean_keys,
    clean_line,
    clean_phone,
    clean_text,
    in_german,
    validators_of,
)
from memberships.networks.definition import (
    POSTAL_AREA,
    AnyField,
    ChoiceField,
    ConsentField,
    Definition,
    DistrictField,
    LongTextField,
    MultiChoiceField,
    Option,
    PhoneField,
    PlaceField,
    is_met,
)
from memberships.territory.models import LAENDER, Location, Place
from memberships.territory.queries import OTHER_PLACE, districts_of, has_register, place_key

Typed = MultiDict[str, str] | ImmutableMultiDict[str, str]


class _TickedField(Field):
    """Any number of boxes of one name."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        Field.__init__(self, *arguments, **named)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = clean_keys(valuelist)


@lru_cache(maxsize=64)
def form_class(definition: Definition) -> type[NetworkForm]:
    """The WTForms class of a definition. The prefix keeps keys from shadowing methods."""
    return type(
        "NetworkForm",
        (NetworkForm,),
        {f"x_{field.key}": _form_field(field) for field in definition.fields},
    )


def _form_field(field: AnyField) -> Any:
    if isinstance(field, MultiChoiceField):
        return _TickedField(field.label, validators_of(field), name=field.key)
    match field:
        case LongTextField():
            clean = clean_text
        case PhoneField():
            clean = clean_phone
        case _:
            clean = clean_line
    return StringField(field.label, validators_of(field), filters=[clean], name=field.key)


@dataclass(frozen=True)
class PlaceOption:
    """A place to choose; shown as the options of a definition are."""

    key: str
    label: str
    group: str = ""
    retired: bool = False


@dataclass(frozen=True)
class BoundField:
    """One question as the page shows it: what is asked, what was typed, what is wrong."""

    field: AnyField
    values: tuple[str, ...]
    errors: tuple[str, ...]
    condition_id: str
    places: tuple[PlaceOption, ...] = ()
    suggestions: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"feld-{self.field.key}"

    @property
    def name(self) -> str:
        return self.field.key

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def kind(self) -> str:
        return self.field.type

    @property
    def max(self) -> str:
        return in_german(getattr(self.field, "max", 0))

    @property
    def options(self) -> tuple[Option | PlaceOption, ...]:
        options: tuple[Option | PlaceOption, ...] = getattr(self.field, "options", self.places)
        return tuple(option for option in options if not option.retired)

    @property
    def preset(self) -> str:
        """The answer that is chosen already when the form is opened."""
        return str(getattr(self.field, "default", ""))

    @property
    def as_list(self) -> bool:
        return isinstance(self.field, PlaceField) or bool(getattr(self.field, "as_list", False))

    @property
    def is_group(self) -> bool:
        """Whether the answer is one or several of a group of buttons or boxes."""
        return isinstance(self.field, MultiChoiceField) or (
            isinstance(self.field, ChoiceField) and not self.field.as_list
        )

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
    was typed there stays on the page. Questions that follow from the postal code are put when it
    is known: a form is good only when they were on the page that was sent.
    """

    def __init__(self, definition: Definition, typed: Typed) -> None:
        self.definition = definition
        self._typed = _values(definition, typed)
        self._form = form_class(definition)(_Values(self._typed))
        self._errors: dict[str, tuple[str, ...]] = {}
        self._is_checked = False

    @classmethod
    def fresh(cls, definition: Definition, prefilled: Mapping[str, str]) -> ApplicationForm:
        """The form as it is opened: with defaults, and what the link to it says already."""
        defaults = {
            field.key: field.default
            for field in definition.fields
            if isinstance(field, ChoiceField) and field.default
        }
        return cls(definition, MultiDict({**defaults, **prefilled}))

    def validate(self) -> bool:
        """Check all questions that are asked; afterwards `errors` and `answers` are filled."""
        if "country" in self._asked:
            self._form.country = self._bound("country").data or ""
        self._form.places = [option.key for option in self._places]
        self._form.validate()
        self._errors = {
            key: tuple(map(str, self._bound(key).errors))
            for key in self._asked
            if key in self._typed or not depends_on_place(self.definition, key)
            if self._bound(key).errors
        }
        self._is_checked = True
        return not self._errors and not self.new_questions

    @property
    def new_questions(self) -> list[BoundField]:
        """Questions that follow from what was typed and were not on the page that was sent."""
        if not self._is_checked or "postal_code" in self._errors:
            return []
        ids = condition_ids(self.definition)
        return [
            self._bind(field, ids)
            for field in self.definition.fields
            if depends_on_place(self.definition, field.key) and field.key not in self._typed
            if self._is_seen(field)
        ]

    @cached_property
    def _first_location(self) -> Location | None:
        """Where the postal code alone lies."""
        return self._located("postal_code", "country")

    @cached_property
    def _location(self) -> Location | None:
        """The same, when it is also said in which of its places."""
        return self._located("postal_code", "country", "city")

    def _located(self, *keys: str) -> Location | None:
        known = {key: self._value(key) for key in keys if key in self.definition.conditions}
        return location_of(self.definition, known)

    @property
    def _places(self) -> tuple[PlaceOption, ...]:
        """The places to choose from, where the postal code alone does not tell the Land."""
        choices = self._first_location.choices if self._first_location else ()
        if not choices:
            return ()
        named = [PlaceOption(place_key(place), _place_name(place)) for place in choices]
        return (*named, PlaceOption(OTHER_PLACE, "Ein anderer Ort"))

    @cached_property
    def _asked(self) -> list[str]:
        asked: dict[str, str | list[str]] = {}
        for field in self.definition.fields:
            if isinstance(field, DistrictField) and has_register():
                continue
            # A place is chosen for the code alone, all else follows from the chosen one.
            place = self._first_location if isinstance(field, PlaceField) else self._location
            asked[POSTAL_AREA] = place.area.value if place else ""
            if is_met(self.definition.conditions[field.key], asked):
                asked[field.key] = self._value(field.key)
        return [key for key in asked if key != POSTAL_AREA]

    def _bound(self, key: str) -> Any:
        return self._form[f"x_{key}"]

    def _value(self, key: str) -> str | list[str]:
        value: str | list[str] = self._bound(key).data or ""
        return value

    @property
    def asked_keys(self) -> list[str]:
        """The keys of all questions that the answers so far lead to."""
        return self._asked

    @property
    def answers(self) -> dict[str, str | list[str]]:
        """One value per question that was asked and answered, consents left out.

        Where several answers are possible, the value is the list of their keys.
        """
        return {
            field.key: value
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
                condition_id=ids.get(condition_key(seen_condition(section.when)), ""),
                fields=tuple(
                    self._bind(field, ids) for field in section.fields if self._is_seen(field)
                ),
            )
            for section in self.definition.sections
        ]

    def _is_seen(self, field: AnyField) -> bool:
        """The style sheet hides what other answers exclude; what the postal code excludes is left
        out here."""
        if isinstance(field, DistrictField) and has_register():
            return False
        return field.key in self._asked or not depends_on_place(self.definition, field.key)

    def _bind(self, field: AnyField, ids: Mapping[str, str]) -> BoundField:
        return BoundField(
            field,
            values=tuple(self._typed.get(field.key, ())),
            errors=self._errors.get(field.key, ()),
            condition_id=ids.get(condition_key(seen_condition(field.when)), ""),
            places=self._places if isinstance(field, PlaceField) else (),
            suggestions=self._districts if isinstance(field, DistrictField) else (),
        )

    @property
    def _districts(self) -> tuple[str, ...]:
        states = self.definition.territory.states if self.definition.territory else ()
        return tuple(district.label for state in states for district in districts_of(state))

    @property
    def errors(self) -> list[tuple[BoundField, str]]:
        """Field and first message, in the order of the page."""
        return [
            (field, field.errors[0])
            for section in self.sections
            for field in section.fields
            if field.errors
        ]


def _place_name(place: Place) -> str:
    return f"{place.name} ({LAENDER[place.land]})"


def _values(definition: Definition, typed: Typed) -> dict[str, list[str]]:
    """What was typed, by key; where one answer is asked and several came, the first counts."""
    several = {field.key for field in definition.fields if isinstance(field, MultiChoiceField)}
    return {key: values if key in several else values[:1] for key, values in typed.lists()}


class _Values(dict[str, list[str]]):
    """Values by name, as WTForms reads them."""

    def getlist(self, key: str) -> list[str]:
        return self.get(key, [])
