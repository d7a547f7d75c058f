"""A failure lets go of the answers that its check had read."""

from __future__ import annotations

import gc
import weakref

import pytest

from conformance.run.held_frames import release


class Body:
    """A large answer."""


def read(seen: list[weakref.ref[Body]]) -> None:
    body = Body()
    seen.append(weakref.ref(body))
    raise ValueError


def judge(seen: list[weakref.ref[Body]]) -> None:
    page = Body()
    seen.append(weakref.ref(page))
    try:
        read(seen)
    except ValueError as error:
        kept = error  # a cycle: the frame has the error, and the error has the frame
        raise RuntimeError(str(kept)) from None


def test_the_variables_of_all_its_frames_are_gone() -> None:
    seen: list[weakref.ref[Body]] = []
    with pytest.raises(RuntimeError) as raised:
        judge(seen)
    gc.disable()
    try:
        assert [each() is None for each in seen] == [False, False]
        release(raised.value)
        assert [each() is None for each in seen] == [True, True]
    finally:
        gc.enable()


def test_an_error_that_is_its_own_context_is_let_go_of_once() -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    release(first)
