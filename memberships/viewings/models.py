"""Table of viewings: one row per person, page and subject within ten minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from memberships.accounts.models import Account
from memberships.database import Model

KEPT = timedelta(days=90)
ONCE_WITHIN = timedelta(minutes=10)


class Viewing(Model):
    """Somebody of the staff was shown a page with personal data; it says which, never what.

    `page` is a key of `wording.PAGES`; `other_id` is what the page was about when that is neither a
    case nor a membership: a seat, an organisation, a run, a report.
    """

    __tablename__ = "viewings"
    __table_args__ = (Index("ix_viewings_network_id", "network_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"))
    page: Mapped[str] = mapped_column(String(40))
    application_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("applications.id", ondelete="CASCADE"), index=True
    )
    membership_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("memberships.id", ondelete="CASCADE"), index=True
    )
    other_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(index=True)

    account: Mapped[Account] = relationship()
