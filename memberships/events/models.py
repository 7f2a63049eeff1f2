"""Tables of the log: chained events, tombstones of erased chains, daily signed anchors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model


class EventTag(StrEnum):
    """What happened, as subject:verb_past."""

    APPLICATION_SUBMITTED = "application:submitted"
    APPLICATION_CONFIRMATION_RESENT = "application:confirmation_resent"
    APPLICATION_ADDRESS_CORRECTED = "application:address_corrected"
    APPLICATION_CONFIRMED = "application:confirmed"
    APPLICATION_ENTERED = "application:entered"
    APPLICATION_CLAIMED = "application:claimed"
    APPLICATION_HANDED_ON = "application:handed_on"
    APPLICATION_RELEASED = "application:released"
    APPLICATION_NOTE_WRITTEN = "application:note_written"
    APPLICATION_RECOMMENDED = "application:recommended"
    APPLICATION_INFORMATION_REQUESTED = "application:information_requested"
    APPLICATION_INFORMATION_REMINDED = "application:information_reminded"
    APPLICATION_INFORMATION_RECEIVED = "application:information_received"
    APPLICATION_ORGANISATION_LINKED = "application:organisation_linked"
    APPLICATION_ORGANISATION_UNLINKED = "application:organisation_unlinked"
    APPLICATION_ORGANISATION_RULED_OUT = "application:organisation_ruled_out"
    APPLICATION_ANOTHER_SEAT_GRANTED = "application:another_seat_granted"
    APPLICATION_SUCCESSION_BEGUN = "application:succession_begun"
    APPLICATION_ANSWERS_CORRECTED = "application:answers_corrected"
    APPLICATION_DECISION_MADE = "application:decision_made"
    APPLICATION_DECISION_TAKEN_BACK = "application:decision_taken_back"
    APPLICATION_DECISION_DROPPED = "application:decision_dropped"
    APPLICATION_REOPENED = "application:reopened"
    APPLICATION_APPROVED = "application:approved"
    APPLICATION_DECLINED = "application:declined"
    APPLICATION_WITHDRAWN = "application:withdrawn"
    APPLICATION_CLOSED = "application:closed"
    APPLICATION_RESTRICTED = "application:restricted"
    APPLICATION_RESTRICTION_LIFTED = "application:restriction_lifted"
    APPLICATION_CONSENT_WITHDRAWN = "application:consent_withdrawn"
    MEMBERSHIP_STARTED = "membership:started"
    MEMBERSHIP_ANSWERS_RENEWED = "membership:answers_renewed"
    MEMBERSHIP_REPRESENTATIVE_ADDED = "membership:representative_added"
    MEMBERS_EXPORTED = "members:exported"
    MEMBERSHIP_REPRESENTATIVE_LEFT = "membership:representative_left"
    MEMBERSHIP_REPRESENTATIVE_RETURNED = "membership:representative_returned"
    MEMBERSHIP_LEFT = "membership:left"
    MEMBERSHIP_RETURNED = "membership:returned"
    MEMBERSHIP_ENDED = "membership:ended"
    MEMBERSHIP_CHANGED = "membership:changed"
    MEMBERSHIP_CHECKED = "membership:checked"
    MEMBERSHIP_ADDRESS_CHANGED = "membership:address_changed"
    MEMBERSHIP_CONSENT_WITHDRAWN = "membership:consent_withdrawn"
    MEMBERSHIP_OBJECTED = "membership:objected"
    MEMBERSHIP_OBJECTION_TAKEN_BACK = "membership:objection_taken_back"
    MEMBERSHIP_RESTRICTED = "membership:restricted"
    MEMBERSHIP_RESTRICTION_LIFTED = "membership:restriction_lifted"
    MEMBERSHIP_QUESTIONS_DECLINED = "membership:questions_declined"
    MEMBERSHIP_DIRECTORY_JOINED = "membership:directory_joined"
    MEMBERSHIP_ENTRY_SUBMITTED = "membership:entry_submitted"
    MEMBERSHIP_ENTRY_CHANGED = "membership:entry_changed"
    MEMBERSHIP_ENTRY_RELEASED = "membership:entry_released"
    MEMBERSHIP_ENTRY_REFUSED = "membership:entry_refused"
    MEMBERSHIP_ENTRY_CHECKED = "membership:entry_checked"
    MEMBERSHIP_ENTRY_WITHDRAWN = "membership:entry_withdrawn"
    MEMBERSHIP_HANDED_OVER = "membership:handed_over"
    SEAT_HANDOVER_PROPOSED = "seat:handover_proposed"
    SEAT_HANDOVER_ACCEPTED = "seat:handover_accepted"
    SEAT_HANDOVER_DECLINED = "seat:handover_declined"
    SEAT_HANDOVER_CONFIRMED = "seat:handover_confirmed"
    SEAT_HANDOVER_UNOPPOSED = "seat:handover_unopposed"
    SEAT_HANDOVER_CONTESTED = "seat:handover_contested"
    SEAT_HANDOVER_DECIDED = "seat:handover_decided"
    SEAT_HANDOVER_REFUSED = "seat:handover_refused"
    SEAT_HANDOVER_WITHDRAWN = "seat:handover_withdrawn"
    SEAT_HANDOVER_EXPIRED = "seat:handover_expired"
    SEAT_DEPUTY_INVITED = "seat:deputy_invited"
    SEAT_DEPUTY_ACCEPTED = "seat:deputy_accepted"
    SEAT_DEPUTY_ENDED = "seat:deputy_ended"
    SEAT_HANDED_OVER = "seat:handed_over"
    SEAT_CLOSED = "seat:closed"
    ORGANISATION_NAME_ADDED = "organisation:name_added"
    ORGANISATION_NAME_REMOVED = "organisation:name_removed"
    ORGANISATION_TOLD_APART = "organisation:told_apart"
    ORGANISATIONS_MERGED = "organisation:merged"
    ORGANISATIONS_MERGE_UNDONE = "organisation:merge_undone"
    RETENTION_STOPPED = "retention:stopped"
    RETENTION_RELEASED = "retention:released"
    RETENTION_HELD = "retention:held"
    RETENTION_ARCHIVE_OFFERED = "retention:archive_offered"
    RETENTION_ERASED = "retention:erased_on_request"
    REPLY_SAVED = "reply:saved"
    REPLY_CHANGED = "reply:changed"
    REPLY_REMOVED = "reply:removed"
    BULK_STARTED = "bulk:started"
    BULK_STOPPED = "bulk:stopped"
    BULK_CONTINUED = "bulk:continued"
    BULK_GIVEN_UP = "bulk:given_up"
    STAFF_INVITED = "staff:invited"
    STAFF_ROLE_CHANGED = "staff:role_changed"
    STAFF_REMOVED = "staff:removed"
    ACCOUNT_ADDRESS_CHANGED = "account:address_changed"
    ACCOUNT_SIGNED_OUT_EVERYWHERE = "account:signed_out_everywhere"
    ACCOUNT_FACTOR_ADDED = "account:factor_added"
    ACCOUNT_FACTOR_REMOVED = "account:factor_removed"
    ACCOUNT_RECOVERY_CODES_MADE = "account:recovery_codes_made"
    ACCOUNT_RECOVERY_CODE_USED = "account:recovery_code_used"
    ACCOUNT_FACTOR_RESET = "account:factor_reset"
    NETWORK_TEXTS_CHANGED = "network:texts_changed"
    FEEDBACK_RECEIVED = "feedback:received"
    FEEDBACK_CLOSED = "feedback:closed"


class ActorKind(StrEnum):
    APPLICANT = "applicant"
    MEMBER = "member"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who did it: a kind, and the account where one is signed in."""

    kind: ActorKind
    id: UUID | None = None


APPLICANT = Actor(ActorKind.APPLICANT)
SYSTEM = Actor(ActorKind.SYSTEM)


class Subject(Protocol):
    """Anything that events can be about."""

    subject_type: ClassVar[str]

    @property
    def id(self) -> Mapped[UUID] | UUID: ...
    @property
    def network_id(self) -> Mapped[int] | int: ...


class Event(Model):
    """One thing that happened. Holds ids, tags, times and keyed hashes, never names or text.

    `record` is the canonical JSON of everything else in the row and of the hash before; `hash` is
    its SHA-256. The database refuses every UPDATE, and every DELETE without a tombstone.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("subject_id", "seq"),
        Index("ix_events_network_id_id", "network_id", "id"),
        # Ids of erased events are never used again: an anchor says up to which id it looked.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    seq: Mapped[int]
    tag: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    record: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))


class Tombstone(Model):
    """What stays of an erased chain: how many events, the last hash, under which rule, when."""

    __tablename__ = "event_tombstones"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_type: Mapped[str] = mapped_column(String(40))
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    events: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str] = mapped_column(String(60))
    erased_on: Mapped[date] = mapped_column(index=True)
    signature: Mapped[str] = mapped_column(String(64))


class Anchor(Model):
    """The heads of all chains that grew since the anchor before, signed once a day.

    `heads` is a JSON list of [subject id, seq, hash]. A chain that lost its tail, or is gone
    without a tombstone, no longer fits.
    """

    __tablename__ = "event_anchors"

    day: Mapped[date] = mapped_column(primary_key=True)
    up_to_event: Mapped[int]
    heads: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(64))
