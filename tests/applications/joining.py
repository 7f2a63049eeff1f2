"""Applications of organisations to the networks that tell them apart. All people are invented."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from memberships.database import unit_of_work
from memberships.organisations.models import Description
from memberships.organisations.services import register_organisation
from tests.factories import Applied, confirmed, submitted

BW, AVD, SN, BH, FV = (
    "beteiligungsnetzwerk-bw", "avd", "ebbs-sachsen", "buergerhaushalt", "fachverband"
)  # fmt: skip

PERSON = {"first_name": "Jörn", "last_name": "Müßig"}
ANSWERS: dict[str, dict[str, Any]] = {
    BW: PERSON
    | {
        "organisation_name": "Bürgerwerkstatt Öderan",
        "organisation_kind": "association",
        "postal_code": "70173",
    },
    SN: PERSON
    | {
        "organisation_name": "Stadt Beispielau",
        "organisation_kind": "municipality",
        "postal_code": "01067",
        "role_in_organisation": "Stabsstelle",
    },
    AVD: PERSON
    | {
        "organisation_name": "Landeshauptstadt Beispielau",
        "organisation_kind": "independent_city",
        "country": "DE",
        "postal_code": "70173",
        "role_in_organisation": "Stabsstelle Bürgerbeteiligung",
        "existing_member": "no",
        "driver_statement": "Leitlinien, Vorhabenliste, Beteiligungsrat.",
    },
    BH: PERSON
    | {
        "applicant_kind": "organisation",
        "organisation_name": "Gemeinde Beispielau",
        "organisation_kind": "municipality",
    },
    FV: PERSON | {"participation": "informed", "activity_context": "voluntary"},
}


def sent(slug: str, **changes: Any) -> Applied:
    return submitted(ANSWERS[slug], slug=slug, **changes)


def joined(slug: str, **changes: Any) -> Applied:
    """Its address is proven, and the rules have had their say."""
    return confirmed(ANSWERS[slug], slug=slug, **changes)


def registered(name: str, slug: str = BH, **known: str) -> UUID:
    """An organisation that the registry knows from elsewhere."""
    with unit_of_work():
        return register_organisation(Description(name, slug, **known)).id
