"""Whatever a file holds, reading it ends with records and faults, never with an error."""

from __future__ import annotations

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from memberships.territory.register import read_register
from tests.territory.registers import LINES


@given(st.binary() | st.text().map(str.encode))
def test_no_file_ever_raises_while_it_is_read(content: bytes) -> None:
    numbers = [number for number, _ in read_register(BytesIO(content))]
    assert numbers == sorted(set(numbers))


@given(st.text(), st.sampled_from(LINES), st.integers(0, 219))
def test_no_text_in_a_record_ever_raises(text: str, line: str, at: int) -> None:
    broken = (line[:at] + text + line[at:]).encode("utf-8", "replace")
    assert len(list(read_register(BytesIO(broken)))) <= broken.count(b"\n") + len(broken)
