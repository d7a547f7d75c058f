"""The result of an earlier run, read from its file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.report.compare import BadResult
from conformance.verdicts import Verdict

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BadResult", "EarlierResult", "Judged", "read_result"]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How one requirement fared. No signature: the target did not deviate."""

    id: str
    verdict: Verdict
    signature: str

    @property
    def passed(self) -> bool:
        """Whether the target did as required, even where a baseline says otherwise."""
        return self.verdict in {Verdict.PASSED, Verdict.STALE} and not self.signature


@dataclass(frozen=True, kw_only=True)
class EarlierResult:
    """What later commands need to know of a run."""

    url: str
    profile: str
    embedded: bool
    seed: int
    judged: tuple[Judged, ...]

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of each requirement, by its id."""
        return {each.id: each.verdict for each in self.judged}


def read_result(path: Path) -> EarlierResult:
    """Read a result. Raises BadResult, also for one of a run that has not finished."""
    try:
        table: Any = json.loads(path.read_text(encoding="utf-8"))
        finished = table["finished"]
        read = EarlierResult(
            url=str(table["target"]["url"]),
            profile=str(table["target"]["profile"]),
            embedded=bool(table["target"]["embedded"]),
            seed=int(table["summary"]["seed"]),
            judged=tuple(
                Judged(
                    id=str(row["id"]),
                    verdict=Verdict(row["verdict"]),
                    signature=str(row["signature"]),
                )
                for row in table["results"]
            ),
        )
    except OSError as error:
        raise BadResult(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadResult(f"{path} is not a result; `run --json FILE` writes one") from error
    if not finished:
        raise BadResult(f"{path} is of a run that has not finished: run it again")
    return read
