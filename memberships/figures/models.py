"""Counts of large networks, made by a job: no page adds up a million rows."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from memberships.database import Model


class Part(StrEnum):
    """What the counts of a month are about."""

    APPLICATIONS = "applications"
    MEMBERS = "members"
    COMING_AND_GOING = "coming_and_going"


class FigureStand(Model):
    """As of when the counts of a network are; a network without a stand is counted at request."""

    __tablename__ = "figure_stands"

    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"), primary_key=True)
    counted_at: Mapped[datetime]


class FigureMonth(Model):
    """The counts of one month by day in Berlin, as JSON; no ids, no names."""

    __tablename__ = "figure_months"

    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"), primary_key=True)
    part: Mapped[Part] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    content: Mapped[str] = mapped_column(Text)
