"""Bounds work in tests by counting calls: how many functions run does not depend on how busy the machine is."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


class TooMuchWork(AssertionError):
    """More functions were called than the block may call."""


@contextmanager
def calls_within(maximum: int) -> Generator[None]:
    """Fail as soon as the block has called more than `maximum` functions in this thread."""
    calls = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > maximum:
            sys.setprofile(None)
            message = f"more than {maximum:,} calls"
            raise TooMuchWork(message)

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
