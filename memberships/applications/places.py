"""Where an applicant sits: found out from the postal code, not typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from memberships.networks.definition import POSTAL_AREA, Definition
from memberships.territory.models import Location
from memberships.territory.queries import district_of, has_register, locate, seats_of

# The follow-up answer is the key of a place; these are found out, and stored beside the answers.
FOUND_OUT = (POSTAL_AREA, "federal_state", "place")


def location_of(definition: Definition, answers: Mapping[str, Any]) -> Location | None:
    """Where the postal code among the answers lies; None without one that can be."""
    code = str(answers.get("postal_code") or "").replace(" ", "")
    country = str(answers.get("country") or "DE")
    if not code or (country == "DE" and not re.fullmatch("[0-9]{5}", code)):
        return None
    return locate(
        code,
        country=country,
        city=str(answers.get("city") or ""),
        states=definition.territory.states if definition.territory else (),
        seats=seats_of(code) if has_register() else (),
    )


def with_place(definition: Definition, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers, and what the postal code among them tells: area, Land, place, district."""
    location = location_of(definition, answers)
    if location is None:
        return dict(answers)
    found = {
        POSTAL_AREA: location.area.value,
        "federal_state": location.federal_state,
        "place": location.city,
    }
    if location.federal_state and has_register():
        code = str(answers.get("postal_code"))
        district = district_of(code, location.city, location.federal_state)
        found["district"] = district.label if district else ""
    return {**answers, **{key: value for key, value in found.items() if value}}
