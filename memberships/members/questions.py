"""The profile questions: what members are asked after their admission, gently and once."""

from __future__ import annotations

from typing import Any

from memberships.members.queries import Standing, asked_of
from memberships.networks.definition import AnyField
from memberships.networks.queries import definition_of

_ADMINISTRATION, _CIVIL, _BUSINESS = "administration", "civil_society", "business"
# Kind of organisation → sector and level that fit it, proposed and never stored unseen.
_PROPOSED = {
    "municipality": (_ADMINISTRATION, "municipal"),
    "independent_city": (_ADMINISTRATION, "municipal"),
    "district": (_ADMINISTRATION, "district"),
    "municipal_association": (_ADMINISTRATION, "municipal"),
    "state_authority": (_ADMINISTRATION, "state"),
    "federal_authority": (_ADMINISTRATION, "federal"),
    "association": (_CIVIL, ""),
    "foundation": (_CIVIL, ""),
    "nonprofit_company": (_CIVIL, ""),
    "informal_initiative": (_CIVIL, ""),
    "advisory_council": (_CIVIL, "municipal"),
    "umbrella": (_CIVIL, ""),
    "religious": (_CIVIL, ""),
    "cooperative": (_BUSINESS, ""),
    "company": (_BUSINESS, ""),
    "self_employed": (_BUSINESS, ""),
    "university": ("science", ""),
    "political_group": ("politics", ""),
}


def profile_questions(standing: Standing) -> list[AnyField]:
    """What the network would like to know after the admission, whether answered or not."""
    membership = standing.membership
    form = {field.key for field in definition_of(membership.definition).fields}
    return [field for field in asked_of(membership).fields if field.key not in form]


def questions_to_ask(standing: Standing) -> list[AnyField]:
    """The profile questions, while none is answered and the person has not said no thanks."""
    person = standing.representative or standing.membership
    answers, questions = standing.all_answers, profile_questions(standing)
    is_over = person.questions_declined_at or any(answers.get(field.key) for field in questions)
    return [] if is_over else questions


def proposed_answers(standing: Standing) -> dict[str, Any]:
    """Sector and level that fit the kind of organisation, where they are not answered."""
    sector, level = _PROPOSED.get(standing.membership.organisation_kind, ("", ""))
    return {
        key: value
        for key, value in (("sector", sector), ("level", level))
        if value and not standing.all_answers.get(key)
    }
