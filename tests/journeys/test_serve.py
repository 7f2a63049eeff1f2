"""The command itself, as somebody at a terminal meets it."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from contextlib import closing
from pathlib import Path

from tests.journeys.server import (
    PROGRAM,
    Product,
    environment_for,
    free_port,
    processes_of,
    start,
    wait_for,
)


def is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def started(folder: Path, port: int) -> Product:
    product = start(folder, port)
    wait_for(product.is_ready, "the product answers", 60)
    wait_for(lambda: "Ctrl-C" in product.said, "the terminal says where to click")
    return product


def test_it_says_where_to_click_and_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    for _ in range(2):
        product = started(tmp_path, port)
        try:
            assert f"Ready: http://127.0.0.1:{port}" in product.said
            for path in ("/", "/postfach", "/zugang"):
                assert f"http://127.0.0.1:{port}{path}" in product.said
                assert product.answers(path)
            assert len(processes_of(tmp_path)) >= 4
            pressed = time.monotonic()
            product.press_ctrl_c()
            assert product.process.wait(timeout=20) == 0
            assert time.monotonic() - pressed < 15
            assert processes_of(tmp_path) == []
            assert is_free(port)
            assert "Traceback" not in product.said
        finally:
            product.stop()


def test_ctrl_c_does_not_wait_for_an_open_browser(tmp_path: Path) -> None:
    port = free_port()
    product = started(tmp_path, port)
    try:
        # A browser keeps its connection, and one that sends nothing is kept, too.
        with (
            urllib.request.urlopen(f"{product.url}/"),  # noqa: S310 - our own address
            closing(socket.create_connection(("127.0.0.1", port))),
        ):
            product.press_ctrl_c()
            assert product.process.wait(timeout=20) == 0
        assert processes_of(tmp_path) == []
        assert is_free(port)
    finally:
        product.stop()


def test_a_taken_port_is_told_plainly(tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [PROGRAM, "serve"],
            env=environment_for(tmp_path, port),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"Error: port {port} is in use; choose another")
    assert last.endswith(f"PORT={port + 1} make serve")
    assert "Traceback" not in done.stderr
    assert processes_of(tmp_path) == []


def test_a_wrong_setting_is_told_plainly(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "serve"],
        env=environment_for(tmp_path, free_port(), MEMBERSHIPS_COLOUR="blue"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "MEMBERSHIPS_COLOUR: no such setting" in done.stderr
    assert "Traceback" not in done.stderr
