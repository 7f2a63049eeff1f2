"""(e) what a start costs, beside importing what every application of this kind imports."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from statistics import median

from benchmarks.serving import ROOT

OURS = "import wsgi"
BARE = "import flask, flask_sqlalchemy, flask_migrate"


def run(*, rounds: int) -> str:
    """Processor time of whole Python processes, in alternating series, the first thrown away."""
    ours, bare = [], []
    for _ in range(rounds + 1):
        ours.append(_cpu(OURS))
        bare.append(_cpu(BARE))
    mine, theirs = median(ours[1:]), median(bare[1:])
    return (
        f"start {mine:.2f} s of processor time, the imports alone {theirs:.2f} s, "
        f"ratio {mine / theirs:.2f}"
    )


def _cpu(program: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environ = os.environ | {"MEMBERSHIPS_DATA_DIR": os.environ["BENCH_DATA"]}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environ, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
