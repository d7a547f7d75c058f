"""Prints a short history, an operation a line."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING

from conformance.histories.operation import Kind, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.histories.operation import Operation

DIGITS = 8
"""The digits of a digest that tell one content from another."""


def timeline(history: Iterable[Operation]) -> str:
    """Return a history as lines, in the order of the calls, with seconds from the first call on."""
    operations = sorted(history, key=lambda each: each.called)
    if not operations:
        return ""
    start = operations[0].called
    rows = [
        (_interval(each.called - start, each.returned - start), each.who, _asked(each), _answered(each))
        for each in operations
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(f"{text:<{width}}" for text, width in zip(row[:3], widths, strict=True)) + f"  {row[3]}"
        for row in rows
    )


def _interval(called: float, returned: float) -> str:
    return f"{called:.3f} to {'?' if isinf(returned) else f'{returned:.3f}'} s"


def _asked(operation: Operation) -> str:
    if operation.kind is Kind.LIST:
        return f"list {operation.project}"
    with_content = operation.kind is Kind.UPLOAD and operation.content
    return f"{operation.kind} {operation.file}{f' ({operation.content[:DIGITS]})' if with_content else ''}"


def _answered(operation: Operation) -> str:
    if operation.outcome is Outcome.UNKNOWN:
        return "no answer"
    if operation.kind is Kind.LIST:
        listed = ", ".join(
            f"{file} ({content[:DIGITS]})" if content else file
            for file, content in sorted((operation.listed or {}).items())
        )
        return f"listed {listed or 'no such file'}"
    if operation.outcome is Outcome.REFUSED:
        return "refused: the name is taken" if operation.kind is Kind.UPLOAD else "not found"
    return operation.content[:DIGITS] if operation.kind is Kind.DOWNLOAD else "accepted"
