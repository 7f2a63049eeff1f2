"""Print the path of a Chromium that the tests can drive; install Debian's if we may.

A path in CHROMIUM wins over what is found.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "/usr/bin/chromium", "chromium-browser", "google-chrome")
# Playwright's driver needs libatomic, which a small Debian lacks.
PACKAGES = ["--no-install-recommends", "chromium", "fonts-liberation", "libatomic1"]
UPDATE = ["apt-get", "update", "-qq"]
INSTALL = ["apt-get", "install", "-y", "-qq", *PACKAGES]


def runs(*command: str) -> bool:
    try:
        answer = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def usable_chromium() -> str | None:
    wanted = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ([wanted] if wanted else NAMES))
    path = next((path for path in found if path and runs(path, "--version")), None)
    return path if path and runs(sys.executable, "-m", "playwright", "--version") else None


def before_root_commands() -> list[str] | None:
    """Nothing for root, sudo where it asks no password, None where we may not."""
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if runs("sudo", "-n", "true") else None


def install_chromium() -> None:
    before = before_root_commands()
    if before is None or not shutil.which("apt-get"):
        return
    print("No usable Chromium here: installing Debian's", file=sys.stderr, flush=True)
    for command in (UPDATE, INSTALL):
        # What goes wrong goes to the error output, and is judged by whether Chromium runs then.
        quiet = [*before, "env", "DEBIAN_FRONTEND=noninteractive", *command]
        subprocess.run(quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)


def main() -> None:
    path = usable_chromium()
    if path is None and not os.environ.get("CHROMIUM"):
        install_chromium()
        path = usable_chromium()
    if path is None:
        sys.exit(
            "The tests need Chromium, and none is usable here. Bring it, as root, with:\n"
            f"    apt-get update && apt-get install -y {' '.join(PACKAGES)}\n"
            "or name one: CHROMIUM=/path/to/chromium make test"
        )
    print(path)


if __name__ == "__main__":
    main()
