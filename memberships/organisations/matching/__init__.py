"""Whether two descriptions of organisations mean the same one: pure, without a database."""

from memberships.organisations.matching.comparing import compare, load
from memberships.organisations.matching.domains import bare_domain, is_public_mail_domain
from memberships.organisations.matching.facts import Comparison, Facts, Verdict

__all__ = [
    "Comparison",
    "Facts",
    "Verdict",
    "bare_domain",
    "compare",
    "is_public_mail_domain",
    "load",
]
