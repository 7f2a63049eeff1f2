"""Which organisation an application is of, where the network tells them apart."""

from __future__ import annotations

from uuid import UUID

from memberships.applications.errors import (
    ApplicationNotDecidable,
    OrganisationUndecided,
    OrganisationUnknown,
)
from memberships.applications.models import Application
from memberships.applications.queries import described_organisation, is_bound
from memberships.events.models import SYSTEM, Actor, EventTag
from memberships.events.services import record_event
from memberships.organisations.models import Organisation
from memberships.organisations.queries import candidates, only_match, organisation_for
from memberships.organisations.services import register_organisation


def link_by_name(application: Application) -> None:
    """Link the application to its organisation when exactly one may be meant and surely is."""
    if not is_bound(application):
        return
    match = only_match(candidates(described_organisation(application)))
    if match is not None:
        _link(application, match, by=SYSTEM, how="name")


def link_organisation(application: Application, organisation_id: UUID, *, by: Actor) -> None:
    """Say that the application is of this organisation.

    Raises ApplicationNotDecidable, OrganisationUnknown when the network knows no such one.
    """
    _require_decidable(application)
    organisation = organisation_for(application.network.slug, organisation_id)
    if organisation is None:
        raise OrganisationUnknown
    _link(application, organisation, by=by, how="by_hand")


def link_new_organisation(application: Application, *, by: Actor, city: str = "") -> None:
    """Say that the application is of an organisation that nobody knew so far.

    `city` tells it apart from one of the same name. One of the same name and place is that one.
    Raises ApplicationNotDecidable.
    """
    _require_decidable(application)
    organisation = register_organisation(described_organisation(application, city=city))
    _link(application, organisation, by=by, how="new")


def grant_another_seat(application: Application, reason: str, *, by: Actor) -> None:
    """Allow one more seat of the organisation, for a written reason.

    Raises ApplicationNotDecidable.
    """
    _require_decidable(application)
    application.seat_reason = reason
    record_event(EventTag.APPLICATION_ANOTHER_SEAT_GRANTED, application, by=by)


def organisation_to_admit(application: Application) -> Organisation | None:
    """The application's organisation, locked; registered first when nobody like it is known.

    None where the network does not tell organisations apart. Raises OrganisationUndecided when
    several may be meant, or one only perhaps is.
    """
    if not is_bound(application):
        return None
    if application.organisation_id is None:
        described = described_organisation(application)
        found = candidates(described)
        match = only_match(found)
        if found and match is None:
            raise OrganisationUndecided
        if match is None:
            registered = register_organisation(described)
            _link(application, registered, by=SYSTEM, how="new")
            return registered
        _link(application, match, by=SYSTEM, how="name")
    locked = organisation_for(application.network.slug, _linked(application))
    if locked is None:
        raise OrganisationUnknown
    return locked


def unlink_organisation(application: Application) -> None:
    """Forget which organisation it is, since the answers about it changed; then look anew."""
    application.organisation_id = application.seat_reason = None
    link_by_name(application)


def _linked(application: Application) -> UUID:
    if application.organisation_id is None:
        raise OrganisationUndecided
    return application.organisation_id


def _link(application: Application, organisation: Organisation, *, by: Actor, how: str) -> None:
    if application.organisation_id == organisation.id:
        return
    application.organisation_id = organisation.id
    application.seat_reason = None
    record_event(
        EventTag.APPLICATION_ORGANISATION_LINKED,
        application,
        by=by,
        organisation=str(organisation.id),
        how=how,
    )


def _require_decidable(application: Application) -> None:
    if not application.status.is_decidable:
        raise ApplicationNotDecidable
