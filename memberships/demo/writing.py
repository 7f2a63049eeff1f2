"""What an invented applicant writes into a field."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

from memberships.demo.plan import Organisation, Texts
from memberships.networks.definition import AnyField
from memberships.search import fold

_PUBLIC = {
    "municipality",
    "independent_city",
    "district",
    "municipal_association",
    "state_authority",
    "federal_authority",
}
_SORTS = {
    **dict.fromkeys(_PUBLIC, "public"),
    "university": "university",
    "informal_initiative": "initiative",
    "advisory_council": "council",
    "company": "company",
    "self_employed": "company",
}
_ORGANISATION = {"organisation_name", "organisation_kind", "postal_code", "role_in_organisation"}
_NO_LETTER = re.compile("[^a-z0-9]+")
_FORMS = re.compile(r" (e\. V\.|gGmbH|GmbH|eG)$")
# Places and districts follow from the postal code.
_LEFT_OUT = {"city", "active_in", "district"}


def is_about_organisation(key: str) -> bool:
    return key in _ORGANISATION


def mailbox_of(first_name: str, last_name: str, organisation: Organisation | None) -> str:
    """The mail address that such a person has; a small group shares one mailbox."""
    if organisation is None:
        return f"{_word(first_name)}.{_word(last_name)}@example.org"
    domain = f"{domain_of(organisation)}.example.org"
    if organisation.kind == "informal_initiative":
        return f"kontakt@{domain}"
    return f"{_word(first_name)}.{_word(last_name)}@{domain}"


def domain_of(organisation: Organisation) -> str:
    """A label of a host name, made of the organisation's name."""
    return _word(_FORMS.sub("", organisation.name))[:60].strip("-")


def _word(text: str) -> str:
    return _NO_LETTER.sub("-", fold(text)).strip("-")


class Writer:
    """Answers one question at a time."""

    def __init__(self, texts: Texts, random: Random) -> None:
        self._texts = texts
        self._random = random
        self._known: dict[str, Callable[[AnyField, Organisation | None], Any]] = {
            "applicant_kind": lambda _, o: "organisation" if o else "person",
            "organisation_name": lambda _, o: o.name if o else "",
            "organisation_kind": lambda _, o: o.kind if o else "",
            "postal_code": lambda _, o: o.postal_code if o else "",
            "country": lambda _, __: "DE",
            "existing_member": lambda _, __: self._one("no", "no", "unknown"),
            "budget_relation": self._budget_relation,
            "role_in_organisation": self._role,
            "driver_statement": self._driver_statement,
            "portfolio": lambda _, __: self._one(*texts.portfolio["texts"]),
            "phone": lambda _, __: self._maybe(0.3, f"030 23125 {random.randint(100, 999)}"),
            "website": self._website,
        }

    def answer(self, field: AnyField, organisation: Organisation | None) -> Any:
        """What is written there; nothing where it is left empty."""
        if field.key in _LEFT_OUT:
            return ""
        if field.key in self._known:
            return self._known[field.key](field, organisation)
        options = [option.key for option in getattr(field, "options", ()) if not option.retired]
        if not options:
            return ""
        if field.type == "multi_choice":
            chosen = self._random.sample(options, self._random.randint(0, min(4, len(options))))
            return [key for key in options if key in chosen]
        if not field.required and self._random.random() < 0.4:
            return ""
        return self._one(*options)

    def _one(self, *some: Any) -> Any:
        return self._random.choice(some)

    def _maybe(self, chance: float, text: str) -> str:
        return text if self._random.random() < chance else ""

    def _role(self, _: AnyField, organisation: Organisation | None) -> str:
        return self._one(*self._texts.roles[_sort_of(organisation)])  # type: ignore[no-any-return]

    def _driver_statement(self, _: AnyField, organisation: Organisation | None) -> str:
        is_neutral = organisation is not None and organisation.is_real
        texts = self._texts.driver_statement["public" if is_neutral else "civil"]
        return self._one(*texts)  # type: ignore[no-any-return]

    def _budget_relation(self, _: AnyField, organisation: Organisation | None) -> str:
        if organisation is not None and organisation.is_real:
            return "interested"
        return self._one("running", "planning", "researching", "interested", "")  # type: ignore[no-any-return]

    def _website(self, _: AnyField, organisation: Organisation | None) -> str:
        if organisation is None or organisation.is_real:
            return ""
        return self._maybe(0.5, f"https://www.{domain_of(organisation)}.example.org")


def _sort_of(organisation: Organisation | None) -> str:
    return _SORTS.get(organisation.kind, "association") if organisation else "association"
