"""The model of a registry: what one project answers, one operation after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.histories.operation import Kind, Outcome

if TYPE_CHECKING:
    from conformance.histories.operation import Operation

State = frozenset[tuple[str, str]]
"""The files of a project with their digests; a name that was deleted keeps its place, with the digest `GONE`."""

GONE = "-"

EMPTY: State = frozenset()


def after(state: State, operation: Operation, *, replaces: bool = False) -> State | None:
    """Return the state after an operation, or None if no registry in this state answers so.

    A file may be uploaded again with the same bytes, and with others where the registry `replaces` files: the URL of
    bytes that were overwritten may lead nowhere then. A name that was deleted may be given away again or stay taken.
    """
    match operation.kind:
        case Kind.LIST:
            return state if _lists(state, operation) else None
        case Kind.DOWNLOAD:
            return state if _serves(state, operation, replaces=replaces) else None
        case Kind.UPLOAD:
            return _uploaded(state, operation, replaces=replaces)
        case Kind.DELETE:
            return _deleted(state, operation)


def _lists(state: State, operation: Operation) -> bool:
    listed = operation.listed or {}
    present = [each for each in state if each[1] != GONE]
    return len(present) == len(listed) and all(listed.get(file) in {content, ""} for file, content in present)


def _serves(state: State, operation: Operation, *, replaces: bool) -> bool:
    if operation.outcome is Outcome.REFUSED:
        return replaces or _content(state, operation.file) in {None, GONE}
    return (operation.file, operation.content) in state


def _uploaded(state: State, operation: Operation, *, replaces: bool) -> State | None:
    there = _content(state, operation.file)
    if operation.outcome is Outcome.REFUSED:
        return state if there is not None else None
    if there is None:
        return state | {(operation.file, operation.content)}
    if there == operation.content:
        return state
    if there == GONE or replaces:
        return (state - {(operation.file, there)}) | {(operation.file, operation.content)}
    return None


def _deleted(state: State, operation: Operation) -> State | None:
    there = _content(state, operation.file)
    present = there is not None and there != GONE
    if operation.outcome is Outcome.REFUSED:
        return None if present else state
    if not present:
        return None
    return (state - {(operation.file, str(there))}) | {(operation.file, GONE)}


def _content(state: State, file: str) -> str | None:
    return next((content for name, content in state if name == file), None)
