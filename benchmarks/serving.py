"""Servers as in production, clients with kept connections, and what both cost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from benchmarks import apps
from memberships.database import db
from memberships.schema import upgrade_schema
from memberships.serve import WEB_OPTIONS
from tests.postgres import database, postgres_server

ENGINES = ("sqlite", "postgresql")
CONNECTIONS = 8
_TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Place:
    """A migrated database with its data folder; `server` is what its processes belong to."""

    engine: str
    url: str
    data: Path
    server: int | None = None

    def cpu(self) -> float:
        """Seconds of processor time that the database server has used; 0 where it is a library."""
        return _cpu_of(_family(self.server)) if self.server else 0.0


@contextmanager
def place(engine: str) -> Iterator[Place]:
    """A fresh database. PostgreSQL keeps its promises of durability here, as in production."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="memberships-bench-")))
        url, server = f"sqlite:///{data / 'memberships.sqlite3'}", None
        if engine == "postgresql":
            root = stack.enter_context(postgres_server())
            server = _postmaster(root)
            _make_durable(root)
            url = stack.enter_context(database(root))
        os.environ |= {"BENCH_DATA": str(data), "BENCH_DATABASE": url}
        app = apps.ours()
        with app.app_context():
            upgrade_schema()
            db.engine.dispose()
        yield Place(engine, url, data, server)


def _make_durable(root: str) -> None:
    import psycopg

    url = root.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        for option in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {option} = on")  # type: ignore[arg-type]
        connection.execute("SELECT pg_reload_conf()")


def _postmaster(root: str) -> int:
    home = Path(root.rpartition("host=")[2])
    return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])


def _family(root: int) -> list[int]:
    """The process and all that descend from it."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found = [root]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def _cpu_of(processes: list[int]) -> float:
    ticks = 0
    for process in processes:
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS


@dataclass(frozen=True)
class Server:
    """A running web server: gunicorn's first process and where it listens."""

    process: int
    port: int

    def cpu(self) -> float:
        return _cpu_of(_family(self.process))

    def memory(self) -> list[float]:
        """MiB that each worker has for itself, shared pages counted by its part (PSS)."""
        return [_pss(worker) for worker in _family(self.process)[1:]]


def _pss(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def served(factory: str) -> Iterator[Server]:
    """One of `benchmarks.apps`, with the workers and threads of `memberships serve`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", f"benchmarks.apps:{factory}()",
        "--bind", f"127.0.0.1:{port}", *WEB_OPTIONS,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        _until_open(port)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.wait(30)


def _until_open(port: int) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(1)  # the workers import the application after the port is open
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


class Browser:
    """One kept connection."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Cookie": cookie} if cookie else {}

    def get(self, path: str, *, status: int = 200) -> str:
        return self._ask("GET", path, None, status)[0]

    def post(self, path: str, typed: dict[str, str], *, status: int = 303) -> str:
        """Where the answer leads to."""
        return self._ask("POST", path, urlencode(typed), status)[1]

    def _ask(self, verb: str, path: str, body: str | None, status: int) -> tuple[str, str]:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(verb, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if kept := answer.headers.get("Set-Cookie"):
            self._headers["Cookie"] = kept.partition(";")[0]
        if answer.status != status:
            raise RuntimeError(f"{verb} {path}: {answer.status}\n{text[:2000]}")
        return text, answer.headers.get("Location", "")


@dataclass
class Series:
    """What one series of equal units took."""

    units: int
    seconds: float
    web_cpu: float
    database_cpu: float
    waits: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.units / self.seconds


@dataclass
class Figures:
    """Series of one kind; every figure is the median of them."""

    series: list[Series] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return median(one.per_second for one in self.series)

    @property
    def web_ms(self) -> float:
        return median(one.web_cpu / one.units * 1000 for one in self.series)

    @property
    def database_ms(self) -> float:
        return median(one.database_cpu / one.units * 1000 for one in self.series)

    def wait_ms(self, share: float = 0.5) -> float:
        """The wait that this share of all units did not exceed."""
        waits = sorted(wait for one in self.series for wait in one.waits)
        return waits[min(int(len(waits) * share), len(waits) - 1)] * 1000

    def row(self, name: str) -> str:
        return (
            f"| {name} | {self.per_second:.1f} | {self.wait_ms():.1f} | {self.wait_ms(0.99):.0f} "
            f"| {self.web_ms:.1f} | {self.database_ms:.1f} |"
        )


HEAD = "| | per s | median ms | p99 ms | web CPU ms | database CPU ms |\n|---|---|---|---|---|---|"
Unit = Callable[[Browser], float]


def run_series(
    server: Server, where: Place, unit: Unit, *, seconds: float, connections: int = CONNECTIONS,
    cookie: str = "",
) -> Series:  # fmt: skip
    """Repeat the unit on all connections for so long. It returns the wait that counts."""
    waits: list[list[float]] = [[] for _ in range(connections)]
    faults: list[Exception] = []
    web, base = server.cpu(), where.cpu()
    began = time.perf_counter()

    def work(mine: list[float]) -> None:
        browser = Browser(server.port, cookie)
        try:
            while time.perf_counter() - began < seconds:
                mine.append(unit(browser))
        except Exception as error:  # noqa: BLE001 - told by the main thread
            faults.append(error)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in waits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    took = time.perf_counter() - began
    every = [wait for mine in waits for wait in mine]
    return Series(len(every), took, server.cpu() - web, where.cpu() - base, every)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
