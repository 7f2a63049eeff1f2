"""Other answers than before, and all that follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memberships.applications.models import ApplicantKind, Application
from memberships.applications.organisations import described_organisation
from memberships.applications.places import with_place
from memberships.applications.services.cases import OWN_COLUMNS, keep_revision
from memberships.applications.services.indexing import index_application
from memberships.applications.services.organisations import match_anew
from memberships.events.models import APPLICANT, EventTag
from memberships.events.services import record_event
from memberships.networks.queries import definition_of


def replace_answers(application: Application, answers: Mapping[str, Any]) -> bool:
    """Put these answers in the place of the ones before, which stay on record.

    What is found out from them follows: the place, the searched text, the organisation. The mail
    address stays: it is proven. Returns False, and stores nothing, when nothing differs.
    """
    wanted = with_place(
        definition_of(application.definition), {**answers, "email": application.email}
    )
    if {k: v for k, v in application.all_answers.items() if v} == wanted:
        return False
    keep_revision(application)
    before = described_organisation(application)
    for column in OWN_COLUMNS:
        setattr(application, column, wanted.get(column))
    application.answers = {k: v for k, v in wanted.items() if k not in OWN_COLUMNS}
    if "applicant_kind" in wanted:
        application.applicant_kind = ApplicantKind(wanted["applicant_kind"])
    index_application(application)
    if described_organisation(application) != before or "applicant_kind" in wanted:
        match_anew(application)
    record_event(EventTag.APPLICATION_ANSWERS_CORRECTED, application, by=APPLICANT)
    return True
