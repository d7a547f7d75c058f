"""Two results side by side: what one registry keeps and the other does not, or what changed since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from conformance.verdicts import Verdict

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = "not in it"


class BadResult(ValueError):
    """A file is not a result of this suite. The message names it."""


def read_verdicts(path: Path) -> dict[str, str]:
    """Return the verdict of each requirement in a result. Raises BadResult."""
    try:
        result: Any = json.loads(path.read_text(encoding="utf-8"))
        return {check["id"]: str(Verdict(check["verdict"])) for check in result["results"]}
    except OSError as error:
        raise BadResult(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadResult(f"{path} is not a result; `run --json FILE` writes one") from error


def print_comparison(first: Path, second: Path, file: TextIO) -> None:
    """Print the requirements on which two results differ. Raises BadResult."""
    one, other = read_verdicts(first), read_verdicts(second)
    differing = [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]
    if differing:
        print(f"{'requirement':<48} {first.name:<16} {second.name}", file=file)
    for name in differing:
        print(f"{name:<48} {one.get(name, ABSENT):<16} {other.get(name, ABSENT)}", file=file)
    print(f"{len(one.keys() & other.keys())} requirements in both, {len(differing)} differ", file=file)
