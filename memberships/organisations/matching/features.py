"""What two names, places and domains have in common, as numbers for the model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import partial_ratio

from memberships.organisations.matching.domains import registered, telling_domains
from memberships.organisations.matching.facts import Facts
from memberships.organisations.matching.naming import Name, prepared, weight
from memberships.organisations.matching.places import bearers, has_many_codes, is_place, towns_of

UNKNOWN = -1.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """Facts, taken apart once for many comparisons."""

    names: tuple[Name, ...]
    postal_code: str
    city: str
    federal_state: str
    municipality_key: str
    domains: frozenset[str]


def prepare(facts: Facts) -> Prepared:
    """Never raises."""
    code = "".join(c for c in facts.postal_code if c.isdigit())
    return Prepared(
        names=tuple(prepared(name) for name in facts.names if name.strip()),
        postal_code=code if len(code) == 5 and facts.country in {"", "DE"} else "",
        city=prepared(facts.city).compact if facts.city else "",
        federal_state=facts.federal_state,
        municipality_key=facts.municipality_key if facts.municipality_key.isdigit() else "",
        domains=telling_domains(facts.domains),
    )


_ENDINGS = (
    "ischen",
    "isches",
    "ischer",
    "ische",
    "ungen",
    "en",
    "er",
    "es",
    "em",
    "e",
    "n",
    "s",
)
_ALIKE = 0.6


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _without_dots(word: str) -> str:
    """Some write u for ü, others ue."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


@lru_cache(maxsize=50_000)
def likeness(one: str, other: str) -> float:
    """How alike two words are, 0 to 1: equal, inflected, misspelt, shortened, in a compound."""
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=lambda word: (len(word), word))
    if short.isdigit() or long.isdigit():
        return 0.0
    if len(short) >= 4 and (
        _stem(short) == _stem(long) or _without_dots(short) == _without_dots(long)
    ):
        return 0.97
    return _misspelt(short, long) or _shortened(short, long)


def _misspelt(short: str, long: str) -> float:
    distance = OSA.distance(short, long, score_cutoff=2)
    if len(short) >= 4 and distance == 1:
        return 0.93 if len(short) >= 6 else 0.85
    return 0.85 if len(short) >= 7 and distance == 2 else 0.0


def _shortened(short: str, long: str) -> float:
    if len(short) >= 3 and long.startswith(short) and len(long) - len(short) >= 2:
        return 0.8 if len(short) >= 4 else _ALIKE
    return _ALIKE if len(short) >= 5 and short in long else 0.0


def _aligned(
    one: tuple[str, ...], other: tuple[str, ...], acronyms: frozenset[str]
) -> tuple[list[str], list[str], float]:
    """The words left over of each, and how loose the loosest match is.

    An acronym has no typos: another letter is another one.
    """
    pairs = sorted(
        (
            (likeness(a, b) * max(weight(a), weight(b)), i, j)
            for i, a in enumerate(one)
            for j, b in enumerate(other)
            if a == b or (likeness(a, b) >= _ALIKE and not (a in acronyms and b in acronyms))
        ),
        key=lambda p: (-p[0], p[1] + p[2], p[1]),
    )
    ours, theirs, loose = set(range(len(one))), set(range(len(other))), 0.0
    for _, i, j in pairs:
        if i in ours and j in theirs:
            ours.discard(i)
            theirs.discard(j)
            loose = max(
                loose, (1 - likeness(one[i], other[j])) * max(weight(one[i]), weight(other[j]))
            )
    return [one[i] for i in sorted(ours)], [other[j] for j in sorted(theirs)], loose


def _leftover(words: list[str], compact: str) -> list[str]:
    """Words that are not hidden in the other name, written as one or with a hyphen."""
    return [w for w in words if len(w) < 3 or w not in compact]


_MINOR = frozenset(
    [
        "fuer",
        "und",
        "der",
        "die",
        "das",
        "des",
        "den",
        "dem",
        "von",
        "in",
        "an",
        "im",
        "am",
        "zu",
        "zur",
        "e",
        "v",
    ]
)


def _acronym(short: Name, long: Name) -> float:
    """How well a short form of one name stands for the other: letters begin its words in order."""
    tokens = tuple(long.whole.split())
    letters = short.acronyms
    if len(short.core) == 1 and 2 <= len(short.compact) <= 8:
        letters |= {short.compact}
    best = 0.0
    for acronym in letters:
        if acronym in long.acronyms and len(long.core) > 1:
            return 1.0
        if len(tokens) > 1 or (tokens and len(tokens[0]) >= 2 * len(acronym)):
            best = max(best, spelled(acronym, tokens))
    return best


@lru_cache(maxsize=20_000)
def spelled(acronym: str, tokens: tuple[str, ...]) -> float:
    """1 when the words' first letters are the acronym, less where it skips words or goes on inside
    one, 0 when it has a letter that none of them explains."""
    major = [n for n, token in enumerate(tokens) if token not in _MINOR]
    firsts = "".join(token[0] for token in tokens)
    if acronym in {firsts, "".join(tokens[n][0] for n in major)}:
        return 1.0
    used: list[int] = []
    inside, hits = 0, 0.0
    for letter in acronym:
        after = range(used[-1] + 1 if used else 0, len(tokens))
        found = next((n for n in after if tokens[n][0] == letter), None)
        if found is not None:
            used.append(found)
            inside, hits = 0, hits + 1
            continue
        inside = tokens[used[-1]].find(letter, inside + 1) if used else -1
        if inside <= 0:
            return 0.0
        hits += 0.6
    covered = len(set(major) & set(used)) / max(1, len(major))
    return min(0.95, (hits / len(acronym)) * (0.35 + 0.6 * covered))


def _trigrams(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[n : n + 3] for n in range(len(padded) - 2)}


def _sets(one: frozenset[str], other: frozenset[str]) -> float:
    """1 the same, 0.5 one has more, 0 only one has any, -1 different, 0.25 neither."""
    if not one and not other:
        return 0.25
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    return 0.5 if one & other and (one <= other or other <= one) else (0.1 if one & other else -1.0)


def _sorts(name: Name) -> frozenset[str]:
    """A town is no university of its name."""
    return name.sorts or frozenset({name.level} - {""})


def _level(one: Name, other: Name) -> float:
    if one.level and one.level == other.level:
        return 1.0
    if one.level and other.level:
        return -1.0
    return 0.0 if one.level or other.level else 0.5


def _in_domain(name: Name, domains: frozenset[str]) -> float:
    """Whether the domain is made of the name: its words, or its acronym."""
    if not domains:
        return UNKNOWN
    return max(_in_one_domain(name, domain) for domain in domains)


def _in_one_domain(name: Name, domain: str) -> float:
    bare = registered(domain).split(".")[0].replace("-", "")
    if bare == name.compact or bare in name.acronyms:
        return 1.0
    host = domain.rsplit(".", 1)[0].replace("-", "").replace(".", "")
    tokens = tuple(name.whole.split())
    short = spelled(bare, tokens) if 2 <= len(bare) <= 7 and len(tokens) > 1 else 0.0
    hit = sum(weight(t) for t in name.core if len(t) >= 3 and (t in host or t[:6] in host))
    return max(short, 0.9 * hit / (sum(weight(t) for t in name.core) or 1.0))


FEATURES = (
    "equal",
    "shared",
    "covered",
    "left_over_most",
    "left_over_least",
    "left_over_heaviest",
    "left_over_second",
    "spelling",
    "partial",
    "winkler",
    "trigrams",
    "loose",
    "acronym",
    "acronym_clash",
    "numbers",
    "forms",
    "level",
    "sorts",
    "branch",
    "department",
    "place",
    "domain",
    "domain_of_other",
    "words_least",
    "words_most",
    "rarest_shared",
    "first_word",
    "town",
    "short",
    "rank",
    "bearers",
    "all_shared",
    "all_left_over_least",
    "all_left_over_most",
    "place_words_both",
    "place_words_one",
)


@dataclass(frozen=True, slots=True)
class _Overlap:
    """What two lists of words have in common, and what each has left over, by weight."""

    soft: float
    covered: float
    most: float
    least: float
    heaviest: float
    second: float
    spelling: float
    loose: float
    rarest: float
    first: bool


def _overlap(a: tuple[str, ...], b: tuple[str, ...], acronyms: frozenset[str]) -> _Overlap:
    ours, theirs, loose = _aligned(a, b, acronyms)
    ours, theirs = _leftover(ours, "".join(b)), _leftover(theirs, "".join(a))
    total_a, total_b = sum(map(weight, a)) or 1.0, sum(map(weight, b)) or 1.0
    rest_a, rest_b = sum(map(weight, ours)), sum(map(weight, theirs))
    heavy = max(map(weight, ours), default=0.0), max(map(weight, theirs), default=0.0)
    return _Overlap(
        soft=max(0.0, 1 - (rest_a + rest_b) / (total_a + total_b)),
        covered=max(1 - rest_a / total_a, 1 - rest_b / total_b),
        most=max(rest_a, rest_b),
        least=min(rest_a, rest_b),
        heaviest=max(heavy),
        second=min(heavy),
        spelling=OSA.normalized_similarity("".join(a), "".join(b)) if a and b else 0.0,
        loose=loose,
        rarest=max((weight(x) for x in a if any(likeness(x, y) >= 0.8 for y in b)), default=0.0),
        first=bool(a and b and likeness(a[0], b[0]) >= 0.8),
    )


def features_of(one: Prepared, other: Prepared, mine: Name, theirs: Name) -> list[float]:
    """One number per name in FEATURES; symmetric."""
    acronyms = mine.acronyms | theirs.acronyms
    every = (_every(mine), _every(theirs))
    pairs = [
        (mine.core, theirs.core),
        *((alternative, theirs.core) for alternative in mine.alternatives),
        *((mine.core, alternative) for alternative in theirs.alternatives),
    ]
    whole = _overlap(*every, acronyms)
    found = [*(_overlap(a, b, acronyms) for a, b in pairs), whole]
    best = max(found, key=lambda overlap: (overlap.soft, overlap.spelling))
    x, y = mine.compact, theirs.compact
    ordered = " ".join(sorted(mine.core)), " ".join(sorted(theirs.core))
    three_x, three_y = _trigrams(x), _trigrams(y)
    clash = mine.acronyms and theirs.acronyms and not mine.acronyms & theirs.acronyms
    shared_domain, own_domain = _domains(one, other, mine, theirs)
    placed = _left_places(*every), _left_places(every[1], every[0])
    return [
        float(bool(x) and x == y), best.soft, best.covered, best.most, best.least,
        best.heaviest, best.second,
        max(best.spelling, OSA.normalized_similarity(*ordered)),
        partial_ratio(x, y) / 100 if x and y else 0.0, JaroWinkler.normalized_similarity(x, y),
        len(three_x & three_y) / max(1, len(three_x | three_y)), best.loose,
        max(_acronym(mine, theirs), _acronym(theirs, mine)), float(bool(clash)),
        _sets(mine.numbers, theirs.numbers), _sets(mine.forms, theirs.forms),
        _level(mine, theirs), _sets(_sorts(mine), _sorts(theirs)),
        _sets(mine.branch, theirs.branch),
        float(mine.department) + float(theirs.department),
        _place(one, other), shared_domain, own_domain,
        float(min(len(mine.core), len(theirs.core), 6)),
        float(min(max(len(mine.core), len(theirs.core)), 8)),
        best.rarest, float(best.first), _same_town(one, other), float(min(len(x), len(y), 12)),
        _rank(mine, theirs), _bearers(mine, theirs), whole.soft, whole.least, whole.most,
        float(all(placed)), float(placed[0] != placed[1]),
    ]  # fmt: skip


def _every(name: Name) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*name.core, *(t for o in name.alternatives for t in o)]))


def _left_places(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether a place is named in the first that the second does not name."""
    return any(is_place(a) and all(likeness(a, b) < 0.8 for b in other) for a in one)


def _rank(mine: Name, theirs: Name) -> float:
    if not mine.rank or not theirs.rank:
        return 0.0
    if mine.rank == theirs.rank:
        return 1.0
    return -1.0 if "town" in {mine.rank, theirs.rank} else -0.5


def _bearers(mine: Name, theirs: Name) -> float:
    """Of how many regions a place of that name is known, where both speak of the same."""
    if mine.compact != theirs.compact or not (mine.level or theirs.level):
        return 0.0
    return float(min(bearers(mine.compact), 6))


def _domains(one: Prepared, other: Prepared, mine: Name, theirs: Name) -> tuple[float, float]:
    """How the domains agree, and how well each one's domain fits the other's name."""
    fits = [_in_domain(theirs, one.domains), _in_domain(mine, other.domains)]
    own = max(fits)
    if not one.domains or not other.domains:
        return 0.0, own
    if one.domains & other.domains:
        # A domain that is in neither name may belong to a parent of many.
        return 2.0 + (1.0 if min(fits) > 0.3 else 0.0), own
    if {registered(d) for d in one.domains} & {registered(d) for d in other.domains}:
        return 1.0, own
    return -1.0, own


_AREAS = ((5, 3.0), (3, 2.0), (2, 0.5), (1, -1.0))


def _place(one: Prepared, other: Prepared) -> float:
    """3 the same key or code, 2 the same area, 0.5 near, 0 unknown, -1 and -2 elsewhere."""
    if one.municipality_key and other.municipality_key:
        a, b = one.municipality_key, other.municipality_key
        shortest = min(len(a), len(b))
        elsewhere = -1.0 if a[:2] == b[:2] else -2.0
        return 3.0 if a[:shortest] == b[:shortest] else elsewhere
    a, b = one.postal_code, other.postal_code
    if a and b:
        return next((value for length, value in _AREAS if a[:length] == b[:length]), -2.0)
    if one.city and other.city:
        return 3.0 if one.city == other.city else -2.0
    lands = {one.federal_state, other.federal_state} - {""}
    return -2.0 if len(lands) == 2 else 0.0


def _same_town(one: Prepared, other: Prepared) -> float:
    """1 one town, -1 two, 0 not known: a town has many codes, a code may be of many towns."""
    if len({one.federal_state, other.federal_state} - {""}) == 2:
        return -1.0
    if one.city and other.city and (one.city == other.city or not _contains(one.city, other.city)):
        return 1.0 if one.city == other.city else -1.0
    return _same_town_by_code(one.postal_code, other.postal_code)


def _contains(one: str, other: str) -> bool:
    return one in other or other in one


def _same_town_by_code(one: str, other: str) -> float:
    ours, theirs = towns_of(one), towns_of(other)
    if not ours or not theirs:
        return 0.0
    if one == other:
        return 1.0
    if ours & theirs:
        return 0.5 if any(map(has_many_codes, ours & theirs)) else -0.25
    return -0.5 if {land for land, _ in ours} & {land for land, _ in theirs} else -1.0
