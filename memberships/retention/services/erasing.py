"""Erasing, one thing per unit of work: all that is stored about it, and a figure without a name.

Locks go application, organisation, account, membership, as everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import Account, AddressChange, SignInRequest
from memberships.accounts.services.factors import forget_factors
from memberships.applications.models import Application, ApplicationStatus
from memberships.calendar import BERLIN
from memberships.database import Model, db, utcnow, uuid7
from memberships.events.models import Actor, ActorKind, EventTag
from memberships.events.queries import events_about
from memberships.events.services import erase_events, record_event
from memberships.mails.services import erase_mails, erase_mails_to
from memberships.members.models import Deputy, Membership, Objection, Representative, Seat
from memberships.members.queries import cases_of_representative
from memberships.networks.models import Network
from memberships.organisations.models import InNetwork, Organisation, Origin
from memberships.privacy.services import erase_proofs, keep_proofs
from memberships.retention.errors import ArchiveNotOffered, NotErasable
from memberships.retention.models import (
    Cause,
    ErasedFigure,
    ErasureBatch,
    ErasureItem,
    Kind,
    What,
)
from memberships.retention.queries import (
    exports_that_held,
    holds_restricted,
    is_due,
    needs_archive,
    proofs_withdrawn_before,
    ready_items,
    retention_of,
    times_listed,
)
from memberships.retention.services.planning import finish_batches, forget_item
from memberships.seats.models import Handover

ON_REQUEST = "on_request"


def erase_item(item_id: UUID) -> bool:
    """Erase what an announced item is about, if its time has come; False if it has not.

    Its own unit of work: killed in the middle, nothing of it is done, and the next run takes it up.
    What is not due any more is taken off instead. The batch's lock keeps a second worker, and
    somebody who takes the item out at this moment, apart.
    """
    batch = db.session.scalar(
        sa.select(ErasureBatch)
        .join(ErasureItem, ErasureItem.batch_id == ErasureBatch.id)
        .where(ErasureItem.id == item_id)
        .with_for_update(key_share=True, of=ErasureBatch)
        .execution_options(populate_existing=True)
    )
    item = db.session.scalar(ready_items().where(ErasureItem.id == item_id)) if batch else None
    if batch is None or item is None:  # another worker, or a person, was faster
        return False
    network = db.session.get_one(Network, batch.network_id)
    is_erased = _erase(network, item.kind, item.subject_id)
    if is_erased:
        db.session.execute(
            sa.update(ErasureBatch)
            .where(ErasureBatch.id == batch.id)
            .values(erased=ErasureBatch.erased + 1)
        )
    db.session.execute(sa.delete(ErasureItem).where(ErasureItem.id == item_id))
    finish_batches(network.id)
    return is_erased


def _erase(network: Network, kind: Kind, subject_id: UUID) -> bool:
    """Lock it, look again whether it is due, and erase it; False when it is not."""
    if kind is Kind.CONSENT_PROOF:
        years = retention_of(network).consent_proof_years
        _lock(Application, [subject_id])
        is_over = is_due(network, kind, subject_id)
        before = proofs_withdrawn_before(utcnow(), years)
        return is_over and bool(erase_proofs(subject_id, withdrawn_before=before))
    if kind.is_of_applications:
        _lock(Application, [subject_id])
        if not is_due(network, kind, subject_id):
            return False
        _erase_application(db.session.get_one(Application, subject_id), _rule(kind))
        return True
    if kind is Kind.ENDED:
        _lock_membership(subject_id)
        if not is_due(network, kind, subject_id):
            return False
        _erase_membership(db.session.get_one(Membership, subject_id), _rule(kind))
        return True
    return _erase_representative(network, subject_id)


def _rule(kind: Kind) -> str:
    return f"{kind.value}_expired"


def _lock(
    table: type[Application | Organisation | Account | Membership], ids: Collection[UUID | None]
) -> None:
    wanted = sorted(id_ for id_ in set(ids) if id_ is not None)
    if wanted:
        db.session.scalars(
            sa.select(table)
            .where(table.id.in_(wanted))
            .order_by(table.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()


def _lock_membership(membership_id: UUID) -> None:
    found = db.session.get(Membership, membership_id, populate_existing=True)
    if found is None:
        return
    _lock(Application, _applications_of(membership_id))
    _lock(Organisation, [found.organisation_id])
    _lock(Account, [found.account_id, *_accounts_of(membership_id)])
    _lock(Membership, [membership_id])


def _applications_of(membership_id: UUID) -> Sequence[UUID]:
    return db.session.scalars(
        sa.select(Application.id).where(Application.membership_id == membership_id)
    ).all()


def _accounts_of(membership_id: UUID) -> Sequence[UUID]:
    return db.session.scalars(
        sa.select(Representative.account_id).where(Representative.membership_id == membership_id)
    ).all()


def _erase_application(application: Application, rule: str) -> None:
    """Everything that hangs on its row goes with it; what does not is named here."""
    email, organisation_id = application.email, application.organisation_id
    db.session.add(_figure_of_application(application))
    erase_mails(application.id)
    keep_proofs(application.id)
    erase_events(application, rule=rule)
    forget_item(application.id)
    db.session.flush()
    db.session.execute(sa.delete(Application).where(Application.id == application.id))
    db.session.expunge(application)
    _erase_unneeded_organisation(organisation_id)
    account = db.session.scalar(sa.select(Account.id).where(Account.email == email))
    if account is None:
        _erase_traces(email)
    else:
        erase_unneeded_account(account)


def _figure_of_application(application: Application) -> ErasedFigure:
    answers = application.answers
    settled = application.settled_at or utcnow()
    return ErasedFigure(
        network_id=application.network_id,
        what=What.APPLICATION,
        outcome=application.status.value,
        holder=application.applicant_kind.value,
        organisation_kind=answers.get("organisation_kind") or "",
        federal_state=answers.get("federal_state") or "",
        began_in=_month(application.confirmed_at or application.submitted_at),
        settled_in=_month(settled),
    )


def _month(at: datetime) -> date:
    return at.astimezone(BERLIN).date().replace(day=1)


def _erase_membership(membership: Membership, rule: str) -> None:
    id_, organisation_id = membership.id, membership.organisation_id
    accounts = {membership.account_id, *_accounts_of(id_)} - {None}
    _erase_handovers(Handover.membership_id == id_)
    representatives = db.session.scalars(
        sa.select(Representative.id).where(Representative.membership_id == id_)
    ).all()
    db.session.add(
        ErasedFigure(
            network_id=membership.network_id,
            what=What.MEMBERSHIP,
            outcome=membership.end_reason.value if membership.end_reason else "",
            holder=membership.holder.value,
            organisation_kind=membership.organisation_kind,
            federal_state=membership.federal_state,
            began_in=_month(membership.member_since),
            settled_in=_month(membership.ended_at or utcnow()),
        )
    )
    applications = [db.session.get_one(Application, one) for one in _applications_of(id_)]
    for application in applications:
        _erase_application(application, rule)
    erase_mails(id_)
    erase_events(membership, rule=rule)
    for one in (id_, *representatives):
        keep_proofs(one)
        forget_item(one)
    db.session.flush()
    db.session.execute(sa.delete(Membership).where(Membership.id == id_))
    db.session.expunge(membership)
    _erase_unneeded_organisation(organisation_id)
    for account_id in sorted(accounts, key=str):
        if account_id is not None:
            erase_unneeded_account(account_id)


def _erase_representative(network: Network, id_: UUID) -> bool:
    """Only the person goes; the organisation stays a member."""
    person = db.session.get(Representative, id_, populate_existing=True)
    if person is None:
        return False
    _lock_membership(person.membership_id)
    if not is_due(network, Kind.REPRESENTATIVE, id_):
        return False
    db.session.refresh(person)
    return _erase_person(person, _rule(Kind.REPRESENTATIVE))


def _erase_person(person: Representative, rule: str) -> bool:
    id_ = person.id
    membership = db.session.get_one(Membership, person.membership_id)
    account = db.session.get_one(Account, person.account_id)
    others = [
        other
        for other in db.session.scalars(
            sa.select(Representative).where(Representative.membership_id == membership.id)
        )
        if other.id != id_
    ]
    cases = cases_of_representative(membership.id, account.id)
    if _is_one_restricted(cases):
        return False
    _erase_handovers(Handover.representative_id == id_)
    db.session.execute(sa.delete(Representative).where(Representative.id == id_))
    db.session.expunge(person)
    keep_proofs(id_)
    forget_item(id_)
    if all(other.account_id != account.id for other in others):
        _erase_part_in(membership, account, cases, others, rule)
    return True


def _erase_handovers(condition: sa.ColumnElement[bool]) -> None:
    """With their mails; how many held the seat stays with the seat."""
    for handover_id in db.session.scalars(sa.select(Handover.id).where(condition)).all():
        erase_mails(handover_id)
    db.session.execute(
        sa.delete(Handover).where(condition), execution_options={"synchronize_session": False}
    )


def _is_one_restricted(cases: Collection[UUID]) -> bool:
    restricted = sa.select(Application.id).where(
        Application.id.in_(cases), Application.restricted_at.is_not(None)
    )
    return db.session.scalar(restricted.limit(1)) is not None


def _erase_part_in(
    membership: Membership,
    account: Account,
    cases: Sequence[UUID],
    others: Sequence[Representative],
    rule: str,
) -> None:
    """What else the membership holds of somebody who no longer acts in it."""
    theirs = {account.email}
    for application in [db.session.get_one(Application, case) for case in cases]:
        # Who changed the address since applied with another one.
        theirs.add(application.email)
        _erase_application(application, rule)
    others_accounts = [other.account_id for other in others]
    theirs -= set(
        db.session.scalars(sa.select(Account.email).where(Account.id.in_(others_accounts)))
    )
    for address in theirs:
        erase_mails_to(address, about=membership.id)
    db.session.execute(
        sa.delete(Objection).where(
            Objection.membership_id == membership.id, Objection.account_id == account.id
        )
    )
    erase_unneeded_account(account.id)


def _erase_unneeded_organisation(id_: UUID | None) -> None:
    """Organisations that are known to one network only are kept while it refers to them."""
    if id_ is None:
        return
    _lock(Organisation, [id_])
    # Those that were merged into it first: they would go with its row, and leave their log behind.
    known_to_one = sa.select(Organisation, Network.id).join(
        Network, Network.slug == Organisation.scope
    )
    found = db.session.execute(
        known_to_one.where(
            sa.or_(Organisation.id == id_, Organisation.merged_into_id == id_),
            Organisation.origin != Origin.IMPORT,
        ).order_by(Organisation.merged_into_id.is_(None), Organisation.id)
    ).all()
    for organisation, network_id in found:
        if not _is_known_in(network_id, id_) and not _is_referred_to(Organisation, organisation.id):
            _erase_organisation(organisation, network_id)


def _is_known_in(network_id: int, organisation_id: UUID) -> bool:
    """Whether the network has a member or a case of it."""
    return any(
        db.session.scalar(
            sa.select(table.id)
            .where(table.network_id == network_id, table.organisation_id == organisation_id)
            .limit(1)
        )
        for table in (Application, Membership)
    )


def _erase_organisation(organisation: Organisation, network_id: int) -> None:
    """Names, domains, keys, pairs and merges go with its row."""
    if events_about(organisation.id):
        erase_events(InNetwork(organisation.id, network_id), rule="organisation_unneeded")
    db.session.flush()
    accounts = _deputies_of(organisation.id)
    db.session.execute(sa.delete(Organisation).where(Organisation.id == organisation.id))
    db.session.expunge(organisation)
    for account_id in accounts:
        erase_unneeded_account(account_id)


def _deputies_of(organisation_id: UUID) -> list[UUID]:
    """Who acts for a seat of it, and goes with the seat; their mails are erased here."""
    seats = sa.select(Seat.id).where(Seat.organisation_id == organisation_id)
    deputies = db.session.scalars(sa.select(Deputy).where(Deputy.seat_id.in_(seats))).all()
    for deputy in deputies:
        erase_mails(deputy.id)
    return [deputy.account_id for deputy in deputies if deputy.account_id is not None]


def _is_referred_to(table: type[Model], id_: UUID, *, besides: Collection[str] = ()) -> bool:
    """Whether any row of any table, but for those, refers to this one and would not go with it."""
    name = str(table.__tablename__)
    places = [
        column
        for other in Model.metadata.tables.values()
        if other.name not in besides
        for column in other.columns
        for key in column.foreign_keys
        if key.column.table.name == name and key.ondelete != "CASCADE"
    ]
    return any(
        db.session.scalar(sa.select(sa.literal(1)).where(column == id_).limit(1)) is not None
        for column in places
    )


_OF_SIGNING_IN = (
    "sign_in_requests",
    "address_changes",
    "second_factors",
    "passkeys",
    "recovery_codes",
    "known_devices",
)
_OPEN = [status for status in ApplicationStatus if status.is_decidable]


def erase_unneeded_account(account_id: UUID) -> bool:
    """Erase an account that nothing refers to: no membership, no role, no case that it worked on.

    Kept as well while its address has an application that somebody still has to decide about.
    """
    _lock(Account, [account_id])
    account = db.session.get(Account, account_id)
    if account is None or _is_referred_to(Account, account_id, besides=_OF_SIGNING_IN):
        return False
    is_open = sa.select(Application.id).where(
        Application.email == account.email, Application.status.in_(_OPEN)
    )
    if db.session.scalar(is_open.limit(1)) is not None:
        return False
    forget_factors(account_id)
    for change in db.session.scalars(
        sa.select(AddressChange).where(AddressChange.account_id == account_id)
    ).all():
        erase_mails(change.id)
        db.session.delete(change)
    db.session.flush()
    email = account.email
    _erase_requests(SignInRequest.account_id == account_id)
    db.session.execute(sa.delete(Account).where(Account.id == account_id))
    db.session.expunge(account)
    _erase_traces(email)
    return True


def _erase_traces(email: str) -> None:
    """What the installation itself keeps of an address that has no account."""
    _erase_requests(SignInRequest.email == email)
    erase_mails_to(email)


def _erase_requests(condition: sa.ColumnElement[bool]) -> None:
    for request_id in db.session.scalars(sa.select(SignInRequest.id).where(condition)).all():
        erase_mails(request_id)
    db.session.execute(sa.delete(SignInRequest).where(condition))


_SETTLED = (
    ApplicationStatus.WITHDRAWN,
    ApplicationStatus.CLOSED,
    ApplicationStatus.DECLINED,
)


Erasable = Application | Membership | Representative


def erase_on_request(
    subject: Erasable, *, by: Actor, archive_offered: bool = False
) -> ErasureBatch:
    """Erase at once what a person asked to be erased (Art. 17(1) GDPR); the log names no person.

    A membership takes the applications with it that led to it; of a representative only their own
    part goes. `archive_offered` says that a public body has offered it to its archive.

    Raises NotErasable while it lives or the case is open, when it is restricted, or gone;
    ArchiveNotOffered. Erasing by a period that is over at the same moment passes before or after.
    """
    if by.kind is ActorKind.SYSTEM:
        raise ValueError("a person decides about a request")
    found = _locked(subject)
    if found is None or not _may_be_erased(found):
        raise NotErasable
    network = db.session.get_one(Network, _network_id(found))
    if needs_archive(network) and not archive_offered:
        raise ArchiveNotOffered
    kind, now = _kind_of(found), utcnow()
    batch = ErasureBatch(
        id=uuid7(),
        network_id=network.id,
        kind=kind,
        cause=Cause.REQUEST,
        planned_at=now,
        planned=1,
        erased=1,
        needs_archive=needs_archive(network),
        archive_offered_at=now if archive_offered else None,
        export_ids=exports_that_held(network.id, times_listed(kind, [found.id])),
        finished_at=now,
    )
    db.session.add(batch)
    record_event(EventTag.RETENTION_ERASED, batch, by=by)
    match found:
        case Application():
            _erase_application(found, ON_REQUEST)
        case Membership():
            _erase_membership(found, ON_REQUEST)
        case Representative():
            _erase_person(found, ON_REQUEST)
    return batch


def _locked(subject: Erasable) -> Erasable | None:
    match subject:
        case Application():
            _lock(Application, [subject.id])
            return db.session.get(Application, subject.id, populate_existing=True)
        case Membership():
            _lock_membership(subject.id)
            return db.session.get(Membership, subject.id, populate_existing=True)
        case Representative():
            _lock_membership(subject.membership_id)
            return db.session.get(Representative, subject.id, populate_existing=True)


def _network_id(found: Erasable) -> int:
    return (found.membership if isinstance(found, Representative) else found).network_id


def _kind_of(found: Erasable) -> Kind:
    match found:
        case Application():
            return Kind(found.status.value)
        case Membership():
            return Kind.ENDED
        case Representative():
            return Kind.REPRESENTATIVE


def _may_be_erased(found: Erasable) -> bool:
    if found.restricted_at is not None:
        return False
    match found:
        case Application():
            return found.status in _SETTLED
        case Representative():
            cases = cases_of_representative(found.membership_id, found.account_id)
            return found.ended_at is not None and not _is_one_restricted(cases)
        case Membership():
            is_restricted = sa.select(Membership.id).where(
                Membership.id == found.id, holds_restricted(Membership.id)
            )
            return not found.is_living and db.session.scalar(is_restricted) is None
