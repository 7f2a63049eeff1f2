"""Who has a case is told in time, as often as they chose; then who stands in, then the lead."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa

from memberships.accounts.models import StaffRole
from memberships.calendar import BERLIN, is_working_day, working_days_later
from memberships.database import db, utcnow
from memberships.networks.definition import Definition
from memberships.networks.models import Network
from memberships.networks.queries import current_definitions
from memberships.notices import mails
from memberships.notices.errors import DeputyUnknown
from memberships.notices.models import NoticeSetting, Reminder, Rhythm
from memberships.notices.queries import colleagues_of, last_told, notices_for

MORNING = time(7, 0)


def choose_notices(held: StaffRole, rhythm: Rhythm, deputy_role_id: UUID | None) -> None:
    """Keep how often a colleague wants to be told, and who is told when they do not get round.

    Raises DeputyUnknown unless the deputy is somebody else who decides in this network. It is a
    matter of their own and changes no case: the log has nothing of it.
    """
    if deputy_role_id is not None:
        others = {one.held.id for one in colleagues_of(held.network_id or 0)} - {held.id}
        if deputy_role_id not in others:
            raise DeputyUnknown
    # The role's row, so that two clicks do not both make the first one.
    db.session.execute(sa.select(StaffRole.id).where(StaffRole.id == held.id).with_for_update())
    chosen = db.session.get(NoticeSetting, held.id)
    if chosen is None:
        chosen = NoticeSetting(role_id=held.id)
        db.session.add(chosen)
    chosen.rhythm, chosen.deputy_role_id = rhythm, deputy_role_id


def send_due_notices(slug: str) -> int:
    """Store the mails that are due now in one network; returns how many.

    One mail tells somebody all that is due for them. What they were told they are not told again:
    mail and reminders are stored together, and the network's row lets one worker in at a time.
    """
    definition = current_definitions()[slug]
    network_id = db.session.scalar(
        sa.select(Network.id).where(Network.slug == slug).with_for_update(key_share=True)
    )
    if network_id is None:
        return 0
    # Nobody is written to whose address is not proven: who was invited and never came.
    found = colleagues_of(network_id)
    now, colleagues = utcnow(), [one for one in found if one.held.account.verified_at]
    last = last_told([one.held.id for one in colleagues], mails.KIND)
    ready = [one for one in colleagues if _is_due(one.rhythm, last.get(one.held.id), definition)]
    if not ready:
        return 0
    notices = notices_for(network_id, colleagues, definition.holiday_land, now)
    sent = 0
    for one in ready:
        mine = notices[one.held.id]
        if not mine:
            continue
        mails.staff_notice(one.held, mine, definition)
        db.session.add_all(
            Reminder(
                application_id=notice.application.id,
                role_id=one.held.id,
                step=notice.step,
                about_at=notice.about_at,
                told_at=now,
            )
            for notice in mine
        )
        sent += 1
    return sent


def _is_due(rhythm: Rhythm, last: datetime | None, definition: Definition) -> bool:
    if rhythm is Rhythm.AT_ONCE or rhythm is Rhythm.NONE:
        return rhythm is Rhythm.AT_ONCE
    here, land = utcnow().astimezone(BERLIN), definition.holiday_land
    today = here.date()
    if here.time() < MORNING or (last and _day(last) >= today):
        return False
    if rhythm is Rhythm.DAILY:
        return is_working_day(today, land)
    monday = today - timedelta(days=today.weekday())
    return today == working_days_later(monday, 0, land)


def _day(at: datetime) -> date:
    return at.astimezone(BERLIN).date()
