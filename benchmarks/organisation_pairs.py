"""How well organisations are recognised, on pairs that the model has not seen; and fitting it.

    python -m benchmarks.organisation_pairs [--data FOLDER] [--fit]

Prints, for folds that share no organisation and for whole sources left out: F1, precision and
recall of the verdicts, lost matches, calibration, errors by kind of pair. --fit then writes the
model of the product from all pairs. Needs requirements/training.lock; the product does not.
"""

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from benchmarks.organisation_edits import Pair, made_pairs
from memberships.organisations.matching import naming
from memberships.organisations.matching.comparing import is_doubtful
from memberships.organisations.matching.facts import Facts
from memberships.organisations.matching.features import FEATURES, features_of, prepare
from memberships.organisations.matching.model import FILE
from memberships.search import fold

RISING = {
    "equal", "shared", "covered", "spelling", "partial", "winkler", "trigrams", "acronym", "level",
    "sorts", "place", "domain", "forms", "numbers", "rarest_shared", "town", "rank", "all_shared",
}  # fmt: skip
FALLING = {
    "left_over_most", "left_over_least", "left_over_heaviest", "left_over_second", "acronym_clash",
    "place_words_both", "all_left_over_least", "all_left_over_most", "bearers",
}  # fmt: skip
MADE, MADE_WEIGHT, SEED = 1500, 0.4, 7
FOLDS = 6
SAME_PRECISION, LOST = 0.991, 0.006


def pairs_of(file: Path) -> list[Pair]:
    def side(row: dict[str, str], which: str) -> Facts:
        domain = row[f"{which}_domain"]
        return Facts(
            (row[f"{which}_name"],),
            postal_code=row[f"{which}_plz"],
            domains=(domain,) if domain else (),
        )

    with file.open(encoding="utf-8", newline="") as lines:
        return [
            (side(row, "left"), side(row, "right"), int(row["same"]), row["kind"])
            for row in csv.DictReader(lines)
        ]


def values_of(pair: Pair) -> list[float]:
    one, other = prepare(pair[0]), prepare(pair[1])
    return features_of(one, other, one.names[0], other.names[0])


def doubt_of(pair: Pair, values: Sequence[float]) -> bool:
    """Whether a rule keeps the pair from being called the same."""
    names = (naming.prepared(side.names[0]) for side in pair[:2])
    return is_doubtful(dict(zip(FEATURES, values, strict=True)), *names)


def groups_of(pairs: Sequence[Pair]) -> np.ndarray:
    """Pairs that share an organisation's name belong to one group."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def key(facts: Facts) -> str:
        name = naming.prepared(facts.names[0])
        return f"{name.level} {name.compact}"

    for one, other, *_ in pairs:
        parent[root(key(one))] = root(key(other))
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(root(key(pair[0])), len(numbers)) for pair in pairs])


def fitted(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> HistGradientBoostingClassifier:
    """Shallow trees that may only rise or fall with what speaks for or against."""
    signs = [1 if f in RISING else -1 if f in FALLING else 0 for f in FEATURES]
    return HistGradientBoostingClassifier(
        max_iter=240, learning_rate=0.06, max_leaf_nodes=9, min_samples_leaf=15,
        l2_regularization=4.0, max_features=0.5, monotonic_cst=signs, random_state=SEED,
    ).fit(x, y, sample_weight=weight)  # fmt: skip


def unseen_scores(x: np.ndarray, y: np.ndarray, weight: np.ndarray, parts) -> np.ndarray:
    """The score of every pair by a model that was fitted without its part."""
    scores = np.full(len(y), np.nan)
    for train, test in parts:
        scores[test] = fitted(x[train], y[train], weight[train]).decision_function(x[test])
    return scores


def report(
    title: str, y: np.ndarray, p: np.ndarray, doubt: np.ndarray, different: float, same: float
) -> None:
    guessed = p >= 0.5
    hit = int((guessed & (y == 1)).sum())
    f1 = 2 * hit / max(1, int(guessed.sum()) + int(y.sum()))
    sure = (p >= same) & ~doubt
    lost = int(((p < different) & (y == 1)).sum())
    print(
        f"{title:26} {len(y):5} pairs  F1 {f1:.3f}  'same': precision {y[sure].mean():.3f} recall "
        f"{(sure & (y == 1)).sum() / y.sum():.3f}  lost {lost / y.sum():.4f}  "
        f"'perhaps' {((p >= different) & ~sure).mean():.2f}  Brier {((p - y) ** 2).mean():.4f}"
    )


def token_set_f1(pairs: Sequence[Pair]) -> float:
    """What comparing the sets of words alone would reach, at its best threshold."""

    def tokens(facts: Facts) -> set[str]:
        return set(re.sub(r"[\W_]+", " ", fold(facts.names[0])).split())

    likeness = [
        len(tokens(a) & tokens(b)) / max(1, len(tokens(a) | tokens(b))) for a, b, *_ in pairs
    ]
    y, best = np.array([pair[2] for pair in pairs]), 0.0
    for bound in np.linspace(0.05, 1, 20):
        guessed = np.array(likeness) >= bound
        best = max(best, 2 * (guessed & (y == 1)).sum() / max(1, guessed.sum() + y.sum()))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--fit", action="store_true", help="write the model of the product")
    parser.add_argument("--errors", action="store_true", help="print the worst errors")
    chosen = parser.parse_args()
    attested = pairs_of(chosen.data / "org_pairs_dev.csv")
    perturbed = pairs_of(chosen.data / "org_pairs_dev_perturbed.csv")
    with (chosen.data / "organisations.csv").open(encoding="utf-8", newline="") as lines:
        made = made_pairs([row for row in csv.DictReader(lines) if row["name"].strip()], MADE, SEED)
    pairs = [*attested, *perturbed, *made]
    real = len(attested) + len(perturbed)
    x = np.array([values_of(pair) for pair in pairs])
    y = np.array([pair[2] for pair in pairs])
    weight = np.array([1.0] * real + [MADE_WEIGHT] * len(made))
    groups = groups_of(pairs)
    doubt = np.array([doubt_of(pair, found) for pair, found in zip(pairs, x, strict=True)])
    source = np.array([pair[3].split(":")[0] for pair in pairs])

    folds = [
        (np.setdiff1d(np.flatnonzero(~np.isin(groups, groups[test])), []), test)
        for _, test in GroupKFold(FOLDS).split(x[:real], y[:real], groups[:real])
    ]
    scores = unseen_scores(x, y, weight, folds)[:real]
    truth = y[:real]
    line = LogisticRegression(C=100.0).fit(scores.reshape(-1, 1), truth)
    slope, offset = float(line.coef_[0][0]), float(line.intercept_[0])
    p = 1 / (1 + np.exp(-(slope * scores + offset)))
    first = slice(0, len(attested))
    second = slice(len(attested), real)
    same = max(
        _same_from(truth[part], np.where(doubt[part], 0, p[part])) for part in (first, second)
    )
    different = min(_different_below(truth[part], p[part]) for part in (first, second))

    print("Folds that share no organisation; words alone reach F1 "
          f"{token_set_f1(attested):.2f} / {token_set_f1(perturbed):.2f}")  # fmt: skip
    report("attested", truth[first], p[first], doubt[first], different, same)
    report("perturbed", truth[second], p[second], doubt[second], different, same)
    for low in np.arange(0, 1, 0.2):
        inside = (p >= low) & (p < low + 0.2)
        share = truth[inside].mean()
        print(f"  said {low:.1f} to {low + 0.2:.1f}: {inside.sum():5} pairs, {share:.2f} are one")
    wrong: Counter[str] = Counter()
    total: Counter[str] = Counter(pair[3] for pair in attested)
    for pair, chance in zip(attested, p[first], strict=True):
        wrong[pair[3]] += (chance >= 0.5) != pair[2]
    for kind, count in sorted(total.items()):
        print(f"  {kind:28} {count:4} pairs, {wrong[kind]:3} wrong")

    print("Whole sources left out, where others have pairs of both sorts")
    for name in ("ror", "nsi", "fed", "og", "gn", "dwd"):
        test = np.flatnonzero(source == name)
        train = np.flatnonzero((source != name) & ~np.isin(groups, groups[test]))
        q = 1 / (1 + np.exp(-(slope * unseen_scores(x, y, weight, [(train, test)])[test] + offset)))
        is_one = y[test] == 1
        wrong_same = ((q >= same) & ~doubt[test] & ~is_one).sum()
        print(
            f"  {name:5} {len(test):4} pairs, {((q >= 0.5) != is_one).mean():.3f} wrong, "
            f"{((q < different) & is_one).sum()} of {is_one.sum()} lost, "
            f"{wrong_same} wrongly the same"
        )
    if chosen.errors:
        order = np.argsort(-np.where((truth == 0) & ~doubt[:real], p, -1))[:40]
        for n in [*order, *np.argsort(np.where(truth == 1, p, 2))[:25]]:
            print(f"{p[n]:.3f} {pairs[n][2]} {pairs[n][3]}: {pairs[n][0]} | {pairs[n][1]}")
    if chosen.fit:
        _write(fitted(x, y, weight), slope, offset, different, same)


def _same_from(y: np.ndarray, p: np.ndarray) -> float:
    """The lowest bound from which so few of those said to be the same are not."""
    order = np.argsort(-p)
    precise = np.cumsum(y[order]) / np.arange(1, len(y) + 1)
    return float(p[order][np.flatnonzero(precise >= SAME_PRECISION)[-1]])


def _different_below(y: np.ndarray, p: np.ndarray) -> float:
    """The highest bound below which so few true matches lie."""
    matches = np.sort(p[y == 1])
    return float(matches[int(LOST * len(matches))])


def _write(
    model: HistGradientBoostingClassifier,
    slope: float,
    offset: float,
    different: float,
    same: float,
) -> None:
    trees = []
    for (predictor,) in model._predictors:  # noqa: SLF001 - the only way to its trees
        nodes = predictor.nodes
        is_leaf = nodes["is_leaf"].astype(bool)
        features = np.where(is_leaf, -1, nodes["feature_idx"])
        bounds = np.where(is_leaf, 0.0, nodes["num_threshold"]).round(6)
        leaves = np.where(is_leaf, nodes["value"], 0.0).round(6)
        columns = (features, bounds, nodes["left"], nodes["right"], leaves)
        trees.append([column.tolist() for column in columns])
    content = {
        "features": FEATURES,
        "start": float(np.ravel(model._baseline_prediction)[0]),  # noqa: SLF001
        "slope": round(slope, 6),
        "offset": round(offset, 6),
        "different_below": round(different, 4),
        "same_from": round(same, 4),
        "trees": trees,
    }
    FILE.write_text(json.dumps(content, separators=(",", ":")) + "\n", "utf-8")
    print(f"{FILE.name}: {len(trees)} trees, {FILE.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
