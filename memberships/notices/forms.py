"""What a colleague chooses for one network."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import RadioField, SelectField
from wtforms.validators import DataRequired

from memberships.notices.models import Rhythm
from memberships.notices.queries import Colleague
from memberships.review.forms import StaffForm

RHYTHMS = {
    Rhythm.AT_ONCE.value: "Sofort",
    Rhythm.DAILY.value: "Täglich, an Arbeitstagen ab 7 Uhr",
    Rhythm.WEEKLY.value: "Wöchentlich, am ersten Arbeitstag der Woche ab 7 Uhr",
    Rhythm.NONE.value: "Gar nicht",
}


class NoticeForm(StaffForm):
    rhythm = RadioField(
        "Wie oft sollen wir Ihnen schreiben?",
        [DataRequired("Wählen Sie aus, wie oft.")],
        choices=RHYTHMS,
    )
    deputy = SelectField("Wer vertritt Sie?", validate_choice=True)


def notice_form(
    slug: str, mine: Colleague, colleagues: Sequence[Colleague], *, typed: bool
) -> NoticeForm:
    """The form with the colleagues of this network; as typed, or as it is kept."""
    kept = {"rhythm": mine.rhythm.value, "deputy": str(mine.deputy_role_id or "")}
    # Several stand on one page, and each id is there once.
    prefix = f"{slug}-"
    form = (
        NoticeForm(prefix=prefix) if typed else NoticeForm(formdata=None, data=kept, prefix=prefix)
    )
    others = [one for one in colleagues if one.held.id != mine.held.id]
    form.deputy.choices = [
        ("", "Alle anderen, die entscheiden"),
        *((str(one.held.id), one.held.account.shown_name) for one in others),
    ]
    return form
