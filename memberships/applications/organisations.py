"""Which organisation an application is of, where the network tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account
from memberships.applications.models import ApplicantKind, Application, RuledOut
from memberships.database import db
from memberships.members.models import Membership
from memberships.members.queries import (
    account_of,
    living_membership,
    represented_membership,
    seats_of,
)
from memberships.networks.definition import OnePerOrganisation
from memberships.networks.queries import definition_of
from memberships.organisations.models import Description, Organisation
from memberships.organisations.queries import Candidate, candidates, only_match, own_domain
from memberships.seats.models import Handover
from memberships.seats.queries import handover_for_application
from memberships.territory.queries import municipality_of


def is_bound(application: Application) -> bool:
    """Whether it must be known which organisation the application is of."""
    definition = definition_of(application.definition)
    return bool(application.organisation_name) and (
        definition.one_per_organisation is OnePerOrganisation.SEAT
        or (
            definition.binds_organisations
            and application.applicant_kind is ApplicantKind.ORGANISATION
        )
    )


def joins_membership(application: Application) -> bool:
    """Whether a further person of a member organisation joins its membership."""
    rule = definition_of(application.definition).one_per_organisation
    return (
        rule is OnePerOrganisation.REPRESENTATIVE
        and application.applicant_kind is ApplicantKind.ORGANISATION
    )


def standing_membership(
    application: Application, account: Account, organisation_id: UUID | None
) -> Membership | None:
    """The living membership that the applicant has already: their own, or their organisation's."""
    if application.applicant_kind is ApplicantKind.ORGANISATION:
        return represented_membership(account, application.network_id, organisation_id)
    return living_membership(account, application.network_id)


@dataclass(frozen=True)
class OrganisationState:
    """What an office must know about an application's organisation before it approves.

    `organisation` is the linked one, or else the only one that may be meant; `seats` are its living
    memberships in the network. `is_standing`: the applicant acts in one of them already.
    `handover` is the one by which a seat shall become the applicant's.
    """

    organisation: Organisation | None
    is_linked: bool
    candidates: Sequence[Candidate]
    seats: Sequence[Membership]
    is_standing: bool
    holds_another_seat: bool
    joins: bool
    handover: Handover | None

    @property
    def is_undecided(self) -> bool:
        """Whether somebody has to say which organisation it is."""
        return self.organisation is None and bool(self.candidates)

    @property
    def joined(self) -> Membership | None:
        """The membership to which an approval would add one more person."""
        return self.seats[0] if self.seats and self.joins and not self.is_standing else None

    @property
    def needs_another_seat(self) -> bool:
        return bool(self.seats) and not self.joins and not self.is_standing

    @property
    def succeeds(self) -> bool:
        """Whether an approval hands the seat over to the applicant: nobody can object any more."""
        handover = self.handover
        return handover is not None and handover.cleared_at is not None

    @property
    def may_succeed(self) -> bool:
        """Whether the hand-over to the applicant can be begun."""
        return self.needs_another_seat and self.handover is None and len(self.seats) == 1


def organisation_state(application: Application) -> OrganisationState | None:
    """How it stands with the application's organisation; None where none are told apart."""
    if not is_bound(application):
        return None
    linked = application.organisation
    if linked is not None and linked.merged_into_id is not None:
        linked = db.session.get(Organisation, linked.merged_into_id)
    found = [] if linked else candidates_for(application)
    organisation = linked or only_match(found)
    organisation_id = organisation.id if organisation else None
    account = account_of(application.email)
    standing = _standing_if_known(application, account, organisation_id) if account else None
    holds_another = (
        standing is not None
        and application.applicant_kind is ApplicantKind.PERSON
        and standing.organisation_id != organisation_id
    )
    seats = seats_of(organisation_id, application.network_id) if organisation_id else ()
    return OrganisationState(
        organisation=organisation,
        is_linked=linked is not None,
        candidates=found,
        seats=seats,
        is_standing=standing is not None and not holds_another,
        holds_another_seat=holds_another,
        joins=joins_membership(application),
        handover=succession_of(application) if seats else None,
    )


def candidates_for(application: Application) -> list[Candidate]:
    """The organisations that it may be of, without those that the office ruled out."""
    besides = _ruled_out(application).with_only_columns(_RULED_OUT_ID)
    return candidates(described_organisation(application), besides=besides)


def ruled_out(application: Application) -> dict[UUID, UUID | None]:
    """Which organisations it is not of, and who said so; of merged ones what they became."""
    return dict(iter(db.session.execute(_ruled_out(application))))


_RULED_OUT_ID = sa.func.coalesce(Organisation.merged_into_id, Organisation.id)


def _ruled_out(application: Application) -> sa.Select[UUID, UUID | None]:
    return (
        sa.select(_RULED_OUT_ID, RuledOut.by_id)
        .join(RuledOut, RuledOut.organisation_id == Organisation.id)
        .where(RuledOut.application_id == application.id)
    )


def succession_of(application: Application) -> Handover | None:
    """The hand-over of a seat to the applicant that is on its way."""
    if not is_bound(application) or joins_membership(application):
        return None
    return handover_for_application(application.id)


def _standing_if_known(
    application: Application, account: Account, organisation_id: UUID | None
) -> Membership | None:
    """`standing_membership`; nobody represents an organisation that is not registered."""
    if organisation_id is None and application.applicant_kind is ApplicantKind.ORGANISATION:
        return None
    return standing_membership(application, account, organisation_id)


def outcome_of(standing: Membership | None, joined: Membership | None) -> str:
    """What an approval does, as a form carries it: the person must have seen it."""
    if standing is not None:
        return f"stands:{standing.id}"
    return f"joins:{joined.id}" if joined is not None else "starts"


def organisation_to_register(application: Application, *, city: str = "") -> Description:
    """The organisation as the answers describe it, with the key of its municipality if sure."""
    described = described_organisation(application, city=city)
    key = municipality_of(described.postal_code, described.city, described.federal_state)
    return replace(described, municipality_key=key)


def described_organisation(application: Application, *, city: str = "") -> Description:
    """The organisation as the answers describe it; a `city` that the office names counts more."""
    answers = application.all_answers
    return Description(
        name=application.organisation_name or "",
        scope=application.network.slug,
        kind=answers.get("organisation_kind") or "",
        country=answers.get("country") or "",
        postal_code=answers.get("postal_code") or "",
        city=city or answers.get("place") or "",
        federal_state=answers.get("federal_state") or "",
        domain=own_domain(answers.get("website") or "", application.email),
    )
