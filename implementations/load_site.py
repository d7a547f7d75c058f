"""What the matrix shows of registries under load: figures, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import structs, to_builtins

from conformance.report.result_file import read_result
from implementations import loading

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from conformance.report.result import RunResult
    from implementations.site import Registry


def load_of(folder: Path, hidden: Collection[str]) -> RunResult | None:
    """Return the result under load in a folder, without hidden requirements; None where there is none."""
    if not (folder / loading.LOAD).exists():
        return None
    result = read_result(folder / loading.LOAD)
    if result.summary.load is None:
        return None
    return structs.replace(result, results=tuple(each for each in result.results if each.id not in hidden))


def load_context(registries: Sequence[Registry]) -> dict[str, Any]:
    """Return what the template of the overview needs; `loaded` is empty where no registry was put under load."""
    return {"loaded": [each for each in registries if each.load], "loading": loading, "shown": loading.SHOWN}


def as_json(result: RunResult | None) -> dict[str, Any] | None:
    """Return the figures and findings under load as JSON."""
    if result is None:
        return None
    found = [
        {"id": each.id, "verdict": str(each.verdict), "found": each.found}
        for each in result.results
        if each.id in loading.deviations(result)
    ]
    return {"figures": to_builtins(result.summary.load), "findings": found}
