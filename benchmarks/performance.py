"""Every figure of docs/performance.md. Run by `make bench`; SIZE=full for the large ones.

python -m benchmarks.performance [joining] [queue] [approving] [mailing] [members] [starting]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from benchmarks import joining, mailing, member_list, reviewing, starting
from benchmarks.serving import ENGINES, Place, place

IS_FULL = os.environ.get("SIZE") == "full"
SECONDS = 6.0 if IS_FULL else 3.0
ROUNDS = 5 if IS_FULL else 3
SIZES = [1_500, 100_000, 1_000_000] if IS_FULL else [1_500, 20_000]

PARTS: dict[str, Callable[[Place], str]] = {
    "joining": lambda where: joining.run(where, seconds=SECONDS, rounds=ROUNDS),
    "queue": lambda where: reviewing.grow(where, SIZES, seconds=0.7, rounds=ROUNDS),
    "approving": lambda where: reviewing.approve(where, cases=400 if IS_FULL else 150),
    "mailing": lambda where: mailing.run(where, mails=400 if IS_FULL else 200, rounds=ROUNDS),
}


def main(chosen: list[str]) -> None:
    engines = os.environ.get("ENGINE", " ".join(ENGINES)).split()
    for name, part in PARTS.items():
        for engine in engines if not chosen or name in chosen else []:
            with place(engine) as where:
                print(f"\n## {name}, {engine}\n{part(where)}", flush=True)
    if not chosen or "members" in chosen:
        print("\n## members")
        member_list.main(SIZES)
    if not chosen or "starting" in chosen:
        with place("sqlite"):
            print(f"\n## starting\n{starting.run(rounds=ROUNDS)}")


if __name__ == "__main__":
    main(sys.argv[1:])
