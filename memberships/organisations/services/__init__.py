"""Every change of the registry, one function per verb."""

from __future__ import annotations

from memberships.organisations.services.importing import (
    import_organisations,
    index_organisations,
)
from memberships.organisations.services.learning import (
    add_name,
    learn,
    learn_name,
    organisation_for_change,
    remember_apart,
    remove_name,
)
from memberships.organisations.services.merging import merge_organisations, undo_merge
from memberships.organisations.services.registering import (
    register_new_organisation,
    register_organisation,
)

__all__ = [
    "add_name",
    "import_organisations",
    "index_organisations",
    "learn",
    "learn_name",
    "merge_organisations",
    "organisation_for_change",
    "register_new_organisation",
    "register_organisation",
    "remember_apart",
    "remove_name",
    "undo_merge",
]
