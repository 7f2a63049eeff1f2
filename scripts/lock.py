"""Compile the requirement locks from pyproject.toml, or check that they belong to it.

With --upgrade every version is raised as far as pyproject.toml allows. The --check compares
fingerprints and asks no registry: a new upstream release never breaks a build.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
FINGERPRINTS = REQUIREMENTS / "fingerprints.json"

PROJECT = ["pyproject.toml", "--all-extras"]
RUNTIME_GROUPS = ["build"]
TEST_GROUPS = [*RUNTIME_GROUPS, "test", "e2e"]
DEVELOPMENT_GROUPS = [*TEST_GROUPS, "lint", "lock"]

# The widest comes first: the next two take its pins, so that one environment can hold all three.
LOCKS = {
    "dev": (PROJECT, DEVELOPMENT_GROUPS),
    "test": (PROJECT, TEST_GROUPS),
    "runtime": (PROJECT, RUNTIME_GROUPS),
    "node": ([], ["node"]),
    "training": ([], ["training"]),
    # Only its files are read: what it would import stays out.
    "territory": (["--no-deps"], ["territory"]),
}

# Where packages come from is the machine's business; which ones are chosen must not be.
CHOOSING = ("CONSTRAINT", "EXCLUDE", "EXCLUDE_NEWER", "FIND_LINKS", "OVERRIDE", "PRERELEASE")
CHOOSING_VARIABLES = {f"UV_{name}" for name in (*CHOOSING, "RESOLUTION", "FORK_STRATEGY")}


def lock_path(name: str) -> Path:
    return REQUIREMENTS / f"{name}.lock"


def fingerprints() -> dict[str, str]:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = pyproject["project"]
    asked = {
        "requires-python": project["requires-python"],
        "dependencies": project["dependencies"],
        "optional-dependencies": project["optional-dependencies"],
        "dependency-groups": pyproject["dependency-groups"],
    }
    texts = {"pyproject.toml": json.dumps(asked, sort_keys=True)}
    texts |= {f"{name}.lock": lock_path(name).read_text() for name in sorted(LOCKS)}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


def compile_lock(name: str, *, upgrade: bool) -> None:
    sources, groups = LOCKS[name]
    if name in {"test", "runtime"}:
        shutil.copy(lock_path("dev"), lock_path(name))
        upgrade = False
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
    command += ["--python-version", "3.11", *sources]
    command += [argument for group in groups for argument in ("--group", group)]
    command += ["--output-file", str(lock_path(name).relative_to(ROOT))]
    command += ["--upgrade"] if upgrade else []
    environment = {key: value for key, value in os.environ.items() if key not in CHOOSING_VARIABLES}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def check() -> None:
    if json.loads(FINGERPRINTS.read_text()) != fingerprints():
        sys.exit("The locks do not belong to pyproject.toml. Bring them up to date with: make lock")
    for name in LOCKS:
        if "://" in lock_path(name).read_text():
            sys.exit(f"{name}.lock names an address: it may hold names, versions and hashes only")


def main() -> None:
    if "--check" in sys.argv:
        check()
        return
    for name in LOCKS:
        compile_lock(name, upgrade="--upgrade" in sys.argv)
    FINGERPRINTS.write_text(json.dumps(fingerprints(), indent=2) + "\n")
    check()


if __name__ == "__main__":
    main()
