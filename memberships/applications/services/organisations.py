"""Which organisation an application is of, where the network tells them apart."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from memberships.applications.errors import (
    ApplicationNotDecidable,
    NoSeatToGrant,
    OrganisationUndecided,
    OrganisationUnknown,
)
from memberships.applications.models import (
    ORGANISATION_UNCLEAR,
    SECOND_PERSON,
    Application,
    RuledOut,
)
from memberships.applications.organisations import (
    candidates_for,
    described_organisation,
    is_bound,
    organisation_state,
    organisation_to_register,
    ruled_out,
)
from memberships.database import db, utcnow
from memberships.events.models import APPLICANT, SYSTEM, Actor, ActorKind, EventTag
from memberships.events.services import record_event
from memberships.members.queries import seats_of
from memberships.organisations.models import Organisation
from memberships.organisations.queries import only_match, organisation_for
from memberships.organisations.services import (
    learn,
    register_new_organisation,
    register_organisation,
    remember_apart,
)
from memberships.seats.services import Invited, propose_applicant


def link_by_name(application: Application) -> None:
    """Link the application to its organisation when exactly one may be meant and surely is."""
    if not is_bound(application) or application.organisation_id is not None:
        return
    match = only_match(candidates_for(application))
    if match is not None:
        _link(application, match, by=SYSTEM, how="name")


def link_organisation(application: Application, organisation_id: UUID, *, by: Actor) -> None:
    """Say that the application is of this organisation.

    Raises ApplicationNotDecidable, OrganisationUnknown when the network knows no such one, or tells
    none apart.
    """
    _require_open_and_bound(application)
    organisation = _known(application, organisation_id)
    _rule_in(application, organisation.id)
    _link(application, organisation, by=by, how="by_hand")


def link_other_unit(
    application: Application, organisation_id: UUID, reason: str, *, by: Actor
) -> None:
    """Say that the application is of another unit of this organisation, which takes another seat.

    Raises ApplicationNotDecidable, OrganisationUnknown, NoSeatToGrant unless its seat is taken.
    """
    link_organisation(application, organisation_id, by=by)
    grant_another_seat(application, reason, by=by)


def rule_out_organisation(application: Application, organisation_id: UUID, *, by: Actor) -> None:
    """Say that the application is not of this organisation, nor linked to it any more.

    Nobody is asked again: when it is clear which one it is, both are told apart for good. Saying so
    twice changes nothing. Raises ApplicationNotDecidable, OrganisationUnknown.
    """
    _require_open_and_bound(application)
    organisation = _known(application, organisation_id)
    if organisation.id in ruled_out(application):
        return
    db.session.add(
        RuledOut(
            application_id=application.id,
            organisation_id=organisation.id,
            by_id=by.id,
            at=utcnow(),
        )
    )
    flag_modified(application, "answers")  # the version counts what its page shows
    if application.organisation_id == organisation.id:
        _unlink(application)
    record_event(
        EventTag.APPLICATION_ORGANISATION_RULED_OUT,
        application,
        by=by,
        organisation=str(organisation.id),
    )
    db.session.flush()
    _renew_doubt(application)


def _known(application: Application, organisation_id: UUID) -> Organisation:
    organisation = organisation_for(application.network.slug, organisation_id)
    if organisation is None:
        raise OrganisationUnknown
    return organisation


def link_new_organisation(application: Application, *, by: Actor, city: str = "") -> None:
    """Say that the application is of an organisation that nobody knew so far.

    `city` tells it apart from one of the same name. Raises ApplicationNotDecidable,
    OrganisationKnown when there is one of that name and place, OrganisationUnknown where the
    network tells none apart.
    """
    _require_open_and_bound(application)
    organisation = register_new_organisation(organisation_to_register(application, city=city))
    _link(application, organisation, by=by, how="new")


def grant_another_seat(application: Application, reason: str, *, by: Actor) -> None:
    """Allow one more seat of the organisation, for a written reason.

    Raises ApplicationNotDecidable, NoSeatToGrant unless the organisation's seat is taken.
    """
    _require_decidable(application)
    link_by_name(application)
    state = organisation_state(application)
    if state is None or not state.needs_another_seat:
        raise NoSeatToGrant
    application.seat_reason = reason
    record_event(EventTag.APPLICATION_ANOTHER_SEAT_GRANTED, application, by=by)


def begin_succession(application: Application, *, by: Actor) -> None:
    """Begin to hand the one seat over to the applicant; whoever holds it is mailed (T8b).

    Raises ApplicationNotDecidable, NoSeatToGrant unless exactly one seat of it is taken by somebody
    else, HandoverOpen when it is on its way already, MembershipRestricted.
    """
    _require_decidable(application)
    link_by_name(application)
    state = organisation_state(application)
    if state is None or not state.may_succeed:
        raise NoSeatToGrant
    organisation = _known(application, _linked(application))
    seats = seats_of(organisation.id, application.network_id)
    if len(seats) != 1:
        raise NoSeatToGrant
    invited = Invited(application.first_name, application.last_name, application.email)
    propose_applicant(seats[0], invited, application.id, by=by)
    flag_modified(application, "answers")  # the version counts what its page shows
    record_event(EventTag.APPLICATION_SUCCESSION_BEGUN, application, by=by)


def organisation_to_admit(application: Application) -> Organisation | None:
    """The application's organisation, locked; registered first when nobody like it is known.

    None where the network does not tell organisations apart. Raises OrganisationUndecided when
    several may be meant, or one only perhaps is.
    """
    if not is_bound(application):
        return None
    if application.organisation_id is None:
        found = candidates_for(application)
        match = only_match(found)
        if found and match is None:
            raise OrganisationUndecided
        if match is None:
            registered = register_organisation(organisation_to_register(application))
            _link(application, registered, by=SYSTEM, how="new")
            _tell_apart(application, registered.id)
            return registered
        _link(application, match, by=SYSTEM, how="name")
    linked = _linked(application)
    _tell_apart(application, linked)
    locked = _known(application, linked)
    application.organisation_id = locked.id  # what it was linked to may have been merged
    if application.linked_by_id is not None:
        learn(locked, described_organisation(application))
    return locked


def match_anew(application: Application) -> None:
    """Look again which organisation it is, since the answers about it changed.

    Which one the office said that it is stays: it knows the case, and sees the change. Which ones
    it ruled out was said of another description.
    """
    before = application.organisation_id
    if before is None:
        db.session.execute(sa.delete(RuledOut).where(RuledOut.application_id == application.id))
    elif application.linked_by_id is None:
        match = only_match(candidates_for(application))
        if not is_bound(application) or match is None or match.id != before:
            _unlink(application)
            record_event(EventTag.APPLICATION_ORGANISATION_UNLINKED, application, by=APPLICANT)
    link_by_name(application)
    _renew_doubt(application)


def _renew_doubt(application: Application) -> None:
    """What kept the rules from admitting may have been settled, or have changed."""
    if application.review_reason not in {SECOND_PERSON, ORGANISATION_UNCLEAR}:
        return
    state = organisation_state(application)
    if state is not None and state.is_undecided:
        application.review_reason = ORGANISATION_UNCLEAR
    elif state is not None and state.joined is not None:
        application.review_reason = SECOND_PERSON
    else:
        application.review_reason = None


def _unlink(application: Application) -> None:
    application.organisation = None
    application.organisation_id = application.linked_by_id = application.seat_reason = None


def _rule_in(application: Application, organisation_id: UUID) -> None:
    """Forget that it was ruled out, under whichever of its names."""
    merged = sa.select(Organisation.id).where(
        sa.func.coalesce(Organisation.merged_into_id, Organisation.id) == organisation_id
    )
    db.session.execute(
        sa.delete(RuledOut).where(
            RuledOut.application_id == application.id, RuledOut.organisation_id.in_(merged)
        )
    )


def _tell_apart(application: Application, organisation_id: UUID) -> None:
    """What was said of the application is true of its organisation, from the approval on.

    Before the organisation is locked: two are locked in one order.
    """
    others = ruled_out(application)
    if not others:
        return
    organisation = db.session.get_one(Organisation, organisation_id)
    for other_id, by_id in others.items():
        if other_id not in {organisation.id, organisation.merged_into_id}:
            by = Actor(ActorKind.STAFF, by_id) if by_id else SYSTEM
            other = db.session.get_one(Organisation, other_id)
            remember_apart(organisation, other, application.network_id, by=by)


def _linked(application: Application) -> UUID:
    if application.organisation_id is None:
        raise OrganisationUndecided
    return application.organisation_id


def _link(application: Application, organisation: Organisation, *, by: Actor, how: str) -> None:
    application.linked_by_id = by.id
    if application.organisation_id == organisation.id:
        return
    if application.organisation_id is not None:
        application.seat_reason = None
    application.organisation = organisation
    application.organisation_id = organisation.id
    record_event(
        EventTag.APPLICATION_ORGANISATION_LINKED,
        application,
        by=by,
        organisation=str(organisation.id),
        how=how,
    )
    _renew_doubt(application)


def _require_open_and_bound(application: Application) -> None:
    _require_decidable(application)
    if not is_bound(application):
        raise OrganisationUnknown


def _require_decidable(application: Application) -> None:
    if not application.status.is_decidable:
        raise ApplicationNotDecidable
