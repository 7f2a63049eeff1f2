"""Pairs for fitting, made from a list of real organisations: edited names, and nearest neighbours.

Seeded; nobody in it is a person. The edits are general: typos, abbreviations, a department added, a
legal form more or less, hyphens, umlauts, capitals, order.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from memberships.organisations.matching.facts import Facts
from memberships.organisations.matching.naming import prepared

SHORTER = [
    ("Universität", "Univ."), ("Institut", "Inst."), ("Gemeinde", "Gde."), ("Gemeinde", "Gem."),
    ("Gemeinde", "Gemeindeverwaltung"), ("Stadt", "Stadtverwaltung"), ("Stadt", "Std."),
    ("Stadt", "Magistrat der Stadt"), ("Landkreis", "Lkr."), ("Landkreis", "LK"),
    ("Landkreis", "Landratsamt"), ("Kreis", "Kreisverwaltung"), ("Hochschule", "HS"),
    ("Stiftung", "Stiftg."), ("Gesellschaft", "Ges."), ("Verein", "V."), ("für", "f."),
    ("und", "u."), ("und", "&"), ("Deutsche", "Dt."), ("Deutscher", "Dt."),
    ("Verbandsgemeinde", "VG"), ("Zentrum", "Zentr."), ("Bundesministerium", "Bundesmin."),
    ("Verband", "Verb."), ("e.V.", "eingetragener Verein"), ("e.V.", "e. V."),
    ("gGmbH", "gemeinnützige GmbH"), ("GmbH", "Gesellschaft mbH"), ("Evangelische", "Ev."),
    ("Katholische", "Kath."), ("Technische Universität", "TU"), ("Forschung", "Forsch."),
]  # fmt: skip
DEPARTMENTS = [
    "Referat Bürgerbeteiligung", "Amt für Stadtentwicklung", "Stabsstelle Beteiligung",
    "Dezernat III", "Abt. Planung", "Fachbereich Soziales", "Geschäftsstelle",
    "Büro der Bürgermeisterin", "Koordinierungsstelle Ehrenamt", "Fachdienst Jugend",
    "Sachgebiet 12", "Hauptamt", "Pressestelle",
]  # fmt: skip
FORMS = ["e.V.", "gGmbH", "GmbH", "KdöR", "AöR", "eG", "Stiftung bürgerlichen Rechts"]
LOCAL = {"municipality", "district", "municipal_association"}

Pair = tuple[Facts, Facts, int, str]


def with_typo(name: str, chance: random.Random) -> str:
    letters = [n for n, c in enumerate(name) if c.isalpha()][1:-1]
    if len(letters) < 3:
        return name
    n = chance.choice(letters)
    return chance.choice(
        [
            name[:n] + name[n + 1 :],
            name[:n] + chance.choice("abcdefghijklmnoprstuvwz") + name[n + 1 :],
            name[:n] + name[n + 1 : n + 2] + name[n] + name[n + 2 :],
            name[:n] + name[n] + name[n:],
        ]
    )


def shorter(name: str, chance: random.Random) -> str:
    known = [(a, b) for a, b in SHORTER if re.search(rf"\b{re.escape(a)}(?!\w)", name)]
    if not known:
        return name
    long, short = chance.choice(known)
    return re.sub(rf"\b{re.escape(long)}(?!\w)", short, name, count=1)


def with_department(name: str, chance: random.Random) -> str:
    unit = chance.choice(DEPARTMENTS)
    return chance.choice(
        [f"{name}, {unit}", f"{name} – {unit}", f"{name} / {unit}", f"{name} ({unit})"]
    )


def with_other_form(name: str, chance: random.Random) -> str:
    bare = re.sub(r"[ ,]*(e\. ?V\.|gGmbH|GmbH|eG|AG|AöR|KdöR)\s*$", "", name)
    return bare if bare != name else f"{name} {chance.choice(FORMS)}"


def hyphenated(name: str, chance: random.Random) -> str:
    return name.replace("-", " ", 1) if "-" in name else name.replace(" ", "-", 1)


def without_umlauts(name: str, chance: random.Random) -> str:
    plain = chance.choice([("ae", "oe", "ue"), ("a", "o", "u")])
    return name.translate(str.maketrans(dict(zip("äöü", plain, strict=True)))).replace("ß", "ss")


def other_case(name: str, chance: random.Random) -> str:
    return name.upper() if chance.random() < 0.5 else name.lower()


def turned(name: str, chance: random.Random) -> str:
    first, _, rest = name.partition(" ")
    return f"{rest}, {first}" if rest else name


EDITS = {
    with_typo: 30, shorter: 20, with_department: 16, with_other_form: 10, hyphenated: 8,
    without_umlauts: 6, other_case: 5, turned: 5,
}  # fmt: skip


def edited(name: str, chance: random.Random) -> str:
    for edit in chance.choices(list(EDITS), list(EDITS.values()), k=chance.choice([1, 1, 2, 2, 3])):
        name = edit(name, chance)
    return name


def made_pairs(organisations: Sequence[dict[str, str]], count: int, seed: int) -> list[Pair]:
    """So many of one organisation, one side edited, and so many of two with similar names."""
    chance = random.Random(seed)
    local = [o for o in organisations if o["category"] in LOCAL]
    others = [o for o in organisations if o["category"] not in LOCAL]

    def one() -> dict[str, str]:
        return chance.choice(local if chance.random() < 0.35 else others)

    def facts(of: dict[str, str], name: str) -> Facts:
        code = "" if chance.random() < 0.25 else of["plz"]
        domain = "" if chance.random() < 0.35 else of["domain"]
        return Facts((name,), postal_code=code, domains=(domain,) if domain else ())

    def either_way(left: Facts, right: Facts, same: int, kind: str) -> Pair:
        return (left, right, same, kind) if chance.random() < 0.5 else (right, left, same, kind)

    pairs = []
    for _ in range(count):
        of = one()
        made = edited(of["name"], chance)
        pairs.append(either_way(facts(of, of["name"]), facts(of, made), 1, "made:edited"))
    near = _neighbours(organisations)
    while len(pairs) < 2 * count:
        of = one()
        found = [o for o in near(of) if _are_two(of, o)]
        if found:
            other = chance.choice(found[:5])
            name = edited(other["name"], chance) if chance.random() < 0.4 else other["name"]
            pairs.append(either_way(facts(of, of["name"]), facts(other, name), 0, "made:near_name"))
    return pairs


def _pieces(name: str) -> set[str]:
    compact = prepared(name).compact
    return {compact[n : n + 4] for n in range(len(compact) - 3)}


def _neighbours(organisations: Sequence[dict[str, str]]):
    having = defaultdict(list)
    for n, organisation in enumerate(organisations):
        for piece in _pieces(organisation["name"]):
            having[piece].append(n)

    def near(of: dict[str, str]) -> list[dict[str, str]]:
        hits: Counter[int] = Counter()
        for piece in sorted(_pieces(of["name"])):
            if len(having[piece]) < 400:
                hits.update(having[piece])
        return [organisations[n] for n, _ in hits.most_common(12)]

    return near


def _are_two(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether the list itself says that these are two organisations, and a reader could see it."""
    if one["name"] == other["name"] or (one["domain"] and one["domain"] == other["domain"]):
        return False
    a, b = prepared(one["name"]), prepared(other["name"])
    if a.compact != b.compact or a.level != b.level:
        return True
    return bool(one["plz"] and other["plz"] and one["plz"] != other["plz"])
