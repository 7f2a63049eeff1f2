"""Print the path of a Chromium that runs; install Debian's when there is none and we may."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "/usr/bin/chromium", "chromium-browser", "google-chrome")
UPDATE = ["apt-get", "update", "-qq"]
PACKAGES = ["--no-install-recommends", "chromium", "fonts-liberation"]
INSTALL = ["apt-get", "install", "-y", "-qq", *PACKAGES]


def runs(path: str) -> bool:
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def find_chromium() -> str | None:
    """The path in CHROMIUM, or the first known name that runs."""
    wanted = os.environ.get("CHROMIUM")
    for name in [wanted] if wanted else NAMES:
        path = shutil.which(name)
        if path and runs(path):
            return path
    return None


def privilege() -> list[str] | None:
    """What to write before a command that needs root: nothing, sudo, or None for 'not allowed'."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def install_chromium(before: list[str]) -> None:
    print("No Chromium here: installing Debian's", file=sys.stderr, flush=True)
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    for command in (UPDATE, INSTALL):
        # What goes wrong goes to the error output, and is judged by whether Chromium runs then.
        subprocess.run([*before, *quiet, *command], stdout=subprocess.DEVNULL, check=False)


def main() -> None:
    path = find_chromium()
    if path is None and not os.environ.get("CHROMIUM") and shutil.which("apt-get"):
        before = privilege()
        if before is not None:
            install_chromium(before)
            path = find_chromium()
    if path is None:
        sys.exit(
            "The tests need Chromium, and none runs here. Bring it with:\n"
            f"    sudo apt-get update && sudo apt-get install {' '.join(PACKAGES)}\n"
            "or name one: CHROMIUM=/path/to/chromium make test"
        )
    print(path)


if __name__ == "__main__":
    main()
