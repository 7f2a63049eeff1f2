"""Every transition of an application, one function per verb. None of them commits."""

from memberships.applications.services.asking import (
    check_askable,
    close_unanswered,
    receive_information,
    remind_of_questions,
    request_information,
)
from memberships.applications.services.cases import (
    application_for_change,
    open_case,
    require_unrestricted,
)
from memberships.applications.services.deciding import (
    BodyDecision,
    Outcome,
    approve_application,
    body_decides,
    check_approvable,
    check_decidable,
    decline_application,
    reasons_to_decline,
    recommend_decision,
    record_body_decision,
)
from memberships.applications.services.organisations import (
    grant_another_seat,
    link_new_organisation,
    link_organisation,
    link_other_unit,
    rule_out_organisation,
)
from memberships.applications.services.own_page import correct_answers, withdraw_application
from memberships.applications.services.previews import (
    approval_preview,
    decline_preview,
    expected_outcome,
    question_preview,
    text_preview,
)
from memberships.applications.services.submitting import (
    CodeOutcome,
    confirm_application,
    correct_address,
    enter_code,
    erase_expired_applications,
    page_token_of,
    resend_confirmation,
    submission_key,
    submit_application,
)
from memberships.applications.services.working import (
    claim_application,
    enter_application,
    release_application,
    write_note,
)

__all__ = [
    "BodyDecision",
    "CodeOutcome",
    "Outcome",
    "application_for_change",
    "approval_preview",
    "approve_application",
    "body_decides",
    "check_approvable",
    "check_askable",
    "check_decidable",
    "claim_application",
    "close_unanswered",
    "confirm_application",
    "correct_address",
    "correct_answers",
    "decline_application",
    "decline_preview",
    "enter_application",
    "enter_code",
    "erase_expired_applications",
    "expected_outcome",
    "grant_another_seat",
    "link_new_organisation",
    "link_organisation",
    "link_other_unit",
    "open_case",
    "page_token_of",
    "question_preview",
    "reasons_to_decline",
    "receive_information",
    "recommend_decision",
    "record_body_decision",
    "release_application",
    "remind_of_questions",
    "request_information",
    "require_unrestricted",
    "resend_confirmation",
    "rule_out_organisation",
    "submission_key",
    "submit_application",
    "text_preview",
    "withdraw_application",
    "write_note",
]
