"""Whether what others shall see of members is something that may be shown, and is announced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from memberships.networks.definition import ENTRY_LABELS
from memberships.networks.faults import Fault, dicts, table

# How somebody is reached, and what only the decision needed.
NEVER_SHOWN = frozenset(
    {"email", "phone", "postal_code", "country", "city", "first_name", "last_name", "portfolio",
     "driver_statement", "existing_member", "applicant_kind"}
)  # fmt: skip
DIRECTORY, ENTRY = "member_directory", "directory"


def check_visibility(raw: Mapping[str, Any], form: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults of `visibility.public_entry`: each key can be shown, is asked, and is there once."""
    more = {
        str(field.get("key")): field
        for section in dicts(raw.get("profile"))
        for field in dicts(section.get("fields"))
    }
    shown = table(raw.get("visibility")).get("public_entry")
    keys = [str(key) for key in shown] if isinstance(shown, list) else []
    for n, key in enumerate(keys):
        where = f"visibility.public_entry.{n}"
        field = {**form, **more}.get(key)
        if key in NEVER_SHOWN or (field and field.get("type") in _PRIVATE):
            yield Fault(where, f"{key} is never public", "leave it out")
        elif key in keys[:n]:
            yield Fault(where, f"{key} is there twice", "each key once")
        elif key in {"place", "federal_state"} and "postal_code" not in form:
            yield Fault(where, f"{key} is not known", "a field postal_code, or leave it out")
        elif field is None and key not in ENTRY_LABELS:
            known = ", ".join(k for k in [*ENTRY_LABELS, *form, *more] if k not in NEVER_SHOWN)
            yield Fault(where, f"{key!r:.60} is not asked", f"one of: {known}")


_PRIVATE = ("consent", "email", "phone", "postal_code")


def visibility_purposes(raw: Mapping[str, Any]) -> list[str]:
    """The purposes that the network's directory and its public entries need."""
    visibility = table(raw.get("visibility"))
    # A list: what a file says here may be anything, also what cannot be looked up in a set.
    has_directory = visibility.get("internal") in ["announced", "opt_in"]
    return [
        *([DIRECTORY] if has_directory else ()),
        *([ENTRY] if visibility.get("public_entry") else ()),
    ]
