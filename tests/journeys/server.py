"""The real product as a person starts it: `memberships serve`, with a database of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("memberships")
# Also a killed test run, which cleans up nothing, leaves no server behind.
DIES_WITH_US = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
CERTIFICATE = ROOT / "tests" / "mails" / "certificates" / "loopback.pem"


def wait_for(ask: Callable[[], T], what: str, seconds: float = 20) -> T:
    """The first answer that is not empty; fails when there is none in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} seconds")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(folder: Path) -> list[int]:
    """Every living process that was started for this data folder, whoever its parent is by now."""
    found, mark = [], f"MEMBERSHIPS_DATA_DIR={folder}\0".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in environment.read_bytes():
                found.append(int(environment.parent.name))
    return found


@dataclass(frozen=True)
class Product:
    """One installation, from the outside: its address, its folder, its process."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def said(self) -> str:
        """What the terminal shows."""
        return (self.folder / "terminal").read_text("utf-8")

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"memberships serve has ended:\n{self.said}")
        return self.answers("/readyz")

    def answers(self, path: str) -> bool:
        trust = ssl._create_unverified_context() if self.url.startswith("https") else None  # noqa: S323 - our own certificate
        try:
            with urllib.request.urlopen(self.url + path, timeout=5, context=trust):  # noqa: S310 - our own address
                return True
        except (urllib.error.URLError, OSError):
            return False

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What is stored; on SQLite only."""
        return self._run(query, values)

    def change(self, statement: str, *values: Any) -> None:
        """Move time, for one row: what a journey cannot wait for."""
        self._run(statement, values)

    def _run(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        path = self.folder / "memberships.sqlite3"
        with closing(sqlite3.connect(path, timeout=15)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def press_ctrl_c(self) -> None:
        """A terminal signals the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=20)
        finally:
            for process in processes_of(self.folder):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def environment_for(folder: Path, port: int, **more: str) -> dict[str, str]:
    """A person's environment without settings of ours, and then exactly these."""
    ours = ("MEMBERSHIPS_", "GUNICORN_", "FLASK_")
    kept = {k: v for k, v in os.environ.items() if k != "PORT" and not k.startswith(ours)}
    return kept | {"MEMBERSHIPS_DATA_DIR": str(folder), "PORT": str(port)} | more


def start(
    folder: Path, port: int, *, scheme: str = "http", host: str = "127.0.0.1", **more: str
) -> Product:
    """Migrate and start; returns at once, `is_ready` tells when it answers."""
    environment = environment_for(folder, port, **more)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "terminal").open("wb") as terminal:
        told: dict[str, Any] = {"env": environment, "stdout": terminal, "stderr": terminal}
        subprocess.run(
            [PROGRAM, "database", "upgrade"], **told, check=True, stdin=subprocess.DEVNULL
        )
        process = subprocess.Popen(
            [*DIES_WITH_US, PROGRAM, "serve"],
            **told,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Product(f"{scheme}://{host}:{port}", folder, process)


@contextmanager
def served(folder: Path, **more: str) -> Iterator[Product]:
    """The product on a free port, until the end of the block.

    Each visitor is told apart by X-Forwarded-For, as behind a proxy: rate limits count per visitor.
    """
    product = start(
        folder,
        free_port(),
        **{"MEMBERSHIPS_TRUSTED_PROXIES": "1", "MEMBERSHIPS_GRACE_MINUTES": "0"} | more,
    )
    try:
        wait_for(product.is_ready, "the product answers", 60)
        yield product
    finally:
        product.stop()
    faults = [line for line in product.said.splitlines() if "failed" in line or "Traceback" in line]
    assert not faults, f"the terminal shows faults:\n{product.said}"


@contextmanager
def served_with_a_name(folder: Path, **more: str) -> Iterator[Product]:
    """As `served`, at localhost: browsers make passkeys for names only."""
    port = free_port()
    product = start(
        folder, port, host="localhost", MEMBERSHIPS_PUBLIC_URL=f"http://localhost:{port}", **more
    )
    try:
        wait_for(product.is_ready, "the product answers", 60)
        yield product
    finally:
        product.stop()


@contextmanager
def served_over_https(folder: Path) -> Iterator[Product]:
    """As `served`, with gunicorn's own TLS and a certificate for 127.0.0.1."""
    port = free_port()
    product = start(
        folder,
        port,
        scheme="https",
        MEMBERSHIPS_PUBLIC_URL=f"https://127.0.0.1:{port}",
        GUNICORN_CMD_ARGS=f"--certfile {CERTIFICATE} --keyfile {CERTIFICATE}",
    )
    try:
        wait_for(product.is_ready, "the product answers", 60)
        yield product
    finally:
        product.stop()


def copy_without_vendor(folder: Path) -> Path:
    """A checkout in which set-up could not bring the third-party style sheet and fonts."""
    for name in ("config", "memberships", "migrations", "static", "templates"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("vendor", "__pycache__")
        )
    shutil.copy(ROOT / "wsgi.py", folder)
    return folder
