"""What is stored about somebody, and what they have agreed to."""

from memberships.rights.queries.consents import (
    ConsentLink,
    ProvenConsent,
    consent_link,
    consents_that_hold,
    proof_of_consents,
)
from memberships.rights.queries.own_data import (
    OWN_STEPS,
    own_data,
    own_data_in_words,
    person_data,
    person_data_in_words,
)

__all__ = [
    "OWN_STEPS",
    "ConsentLink",
    "ProvenConsent",
    "consent_link",
    "consents_that_hold",
    "own_data",
    "own_data_in_words",
    "person_data",
    "person_data_in_words",
    "proof_of_consents",
]
