"""What is known of German names of organisations: forms, offices, abbreviations, common words.

The lists stand in german.toml, folded as memberships.search.fold does it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

_LISTS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "german.toml").read_text("utf-8"))

ABBREVIATIONS: dict[str, str] = _LISTS["abbreviations"]
TRANSLATIONS: dict[str, str] = _LISTS["translations"]
STOP: frozenset[str] = frozenset(_LISTS["stop"])
MUNICIPAL: frozenset[str] = frozenset(_LISTS["municipal"])
TITLE_ONLY = frozenset(_LISTS["title_only"])
RANKS: dict[str, frozenset[str]] = {rank: frozenset(said) for rank, said in _LISTS["ranks"].items()}
DISTRICT = frozenset(_LISTS["district"])
MUNICIPAL_UNION = frozenset(_LISTS["municipal_union"])
OFFICES = frozenset({"amt"})
SORTS: dict[str, str] = {word: sort for sort, said in _LISTS["sorts"].items() for word in said}
BRANCH = frozenset(_LISTS["branch"])
REGIONS = frozenset(_LISTS["regions"])
PUBLIC_DOMAINS = frozenset(_LISTS["public_domains"])
SHARED_DOMAINS = frozenset(_LISTS["shared_domains"])

# Written with or without dots and blanks; longest first. Value: the form, as one word.
_FORMS = (
    (r"stiftung (?:des )?(?:buergerlichen|oeffentlichen|privaten) rechts", "stiftung"),
    (r"(?:rechtsfaehige|nichtrechtsfaehige|selbststaendige|gemeinnuetzige) stiftung", "stiftung"),
    (r"stiftung d(?:es)? ?(?:b(?:uergerl)?|oe(?:ff)?) ?r", "stiftung"),
    (r"s ?d ?b ?r", "stiftung"),
    (r"koerperschaft (?:des )?oeffentl?(?:ichen)? rechts", "public"),
    (r"anstalt (?:des )?oeffentl?(?:ichen)? rechts", "public"),
    (r"[ak] ?(?:d ?)?oe ?r", "public"),
    (r"k ?d ?oe ?r", "public"),
    (r"[ak] ?d ?o ?r", "public"),
    (r"koe ?r", "public"),
    (r"r ?k ?(?:d ?)?oe ?r", "public"),
    (
        r"(?:gem(?:ein(?:nuetzige)?)? )?ges(?:ellschaft)? (?:mit beschraenkter haftung|m ?b ?h)",
        "gmbh",
    ),
    (r"(?:gemeinnuetzige|gem) g ?m ?b ?h", "gmbh"),
    (r"g ?gmbh", "gmbh"),
    (r"g ?m ?b ?h", "gmbh"),
    (r"mit beschraenkter haftung", "gmbh"),
    (r"m ?b ?h", "gmbh"),
    (r"(?:gemeinnuetzige )?(?:unternehmergesellschaft|g?ug)(?: haftungsbeschraenkt)?", "ug"),
    (r"haftungsbeschraenkt", "ug"),
    (r"(?:gemeinnuetzige )?aktiengesellschaft", "ag"),
    (r"g?ag(?= co|$)", "ag"),
    (r"(?:gemeinnuetzige )?(?:eingetragene )?genossenschaft(?= mbh|$)", "eg"),
    (r"ge ?g", "eg"),
    (r"e ?g(?=$| )", "eg"),
    (r"eingetragene genossenschaft", "eg"),
    (r"eingetragener verein", "ev"),
    (r"e ?v", "ev"),
    (r"n ?e ?v", "ev"),
    (r"r ?v(?=$)", "ev"),
    (r"i ?gr", ""),
    (r"i ?l", ""),
    (r"i ?g(?=$)", ""),
    (r"(?:und|&|u)? ?co ?kg(?:aa)?", "kg"),
    (r"kommanditgesellschaft", "kg"),
    (r"kg(?:aa)?(?=$)", "kg"),
    (r"gesellschaft (?:des )?buergerlichen rechts", "gbr"),
    (r"gbr", "gbr"),
    (r"ohg", "ohg"),
    (r"partg(?: ?mbb)?", "partg"),
    (r"partnerschaftsgesellschaft(?: mbb)?", "partg"),
    (r"mbb", "partg"),
    (r"societas europaea", "ag"),
    (r"s ?e(?=$)", "ag"),
    (r"e ?k(?=$)", "ek"),
    (r"v ?v ?a ?g", "vvag"),
    (r"(?:auf gegenseitigkeit|a ?g)(?=$)", "vvag"),
    (r"ltd|limited|inc|llc|s ?a ?r ?l", "gmbh"),
    (r"gemeinnuetzige?(?=$)", ""),
    (r"gemeinnuetzige?(?= )", ""),
)
LEGAL_FORMS = tuple(
    (re.compile(rf"(?<![a-z0-9]){said}(?![a-z0-9])"), form) for said, form in _FORMS
)

_UNITS = "|".join(_LISTS["units"])
# Begins the part of a name that only says which unit of the organisation it is.
DEPARTMENT = re.compile(
    rf"(?:der |die |das )?(?:(?:{_UNITS})(?:$| )|amt (?:fuer|[0-9])"
    r"|[a-z]*(?:amt|dezernat|referat|abteilung|verwaltung)$|(?:ref|dez|abt|fb|fd|sg|a) ?[0-9])"
)
# The same without a mark before it, where only few words are sure.
UNIT = re.compile(rf"(?:{'|'.join(_LISTS['units_unmarked'])})(?: |$)|amt (?:fuer|[0-9])")

_ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
ROMAN = {letters: str(number) for number, letters in enumerate(_ROMAN, start=1)}

# Latin letters that other alphabets have look-alikes of.
HOMOGLYPHS = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеорсухіјѕԁɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανικρτυχ",
    "ABESIJKMHOPCTYXaeopcyxijsdgABEZHIKMNOPTYXoavikptux",
)
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
