"""`registry-conformance new`: the stubs of a requirement, its check and a fault, for developers of the suite."""

from __future__ import annotations

import keyword
import re
import tomllib
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.errors import ExitCode, UserError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping

    from conformance.catalogue import Requirement

SUMMARY = "write the stubs of a requirement, its check and a fault"
NEAREST = 5
"""How many existing requirements are shown."""
NEXT = """Then, with the name of the fault:
  python -m tests.kill_matrix.observe NAME
  pytest tests/kill_matrix -k NAME
  python tests/kill_matrix/table.py > docs/kill-matrix.md"""
"""What is left to do once the stubs are filled in."""

_ID = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+")
_CHECKS = re.compile(r'@check\("([^"]+)"\)')
_CAUGHT_BY = re.compile(r"caught_by = \(([^)]*)\)")
_HEADS = {
    "check": "from conformance.kit.check import check\n",
    "fault": "from reference_server.faults.fault import Fault\n",
}
"""The import that a stub needs, by its kind."""


@dataclass(frozen=True)
class Stub:
    """A text, and the file to whose end it is added."""

    path: Path
    text: str


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("id", metavar="ID", help="id of the new requirement, such as http.head.page")


def run(arguments: argparse.Namespace) -> int:
    """Print the nearest existing requirements, and write the stubs. Raises UserError outside of a checkout."""
    from conformance.catalogue import catalogue
    from conformance.verdicts.sets import retired

    rows = list(catalogue())
    check_id(arguments.id, rows, retired())
    root = checkout(Path(__file__).parents[2])
    print("The nearest existing requirements:")
    for row in nearest(arguments.id, rows):
        print(f"  {row.id:<48} {row.statement}")
    stubs = stubs_of(arguments.id, rows, root)
    for stub in stubs:
        append(stub)
    print("Stubs to fill in:")
    for stub in stubs:
        print(f"  {stub.path.relative_to(root)}")
    print(NEXT)
    return ExitCode.CONFORMS


def checkout(root: Path) -> Path:
    """Return the root of a checkout of the project. Raises UserError where there is none."""
    if not all((root / name).is_dir() for name in ("conformance", "reference_server", "tests")):
        raise UserError(
            "`new` works in a checkout of the project only", "Install it with `pip install -e .`."
        )
    return root


def check_id(name: str, rows: Iterable[Requirement], retired: Iterable[str]) -> None:
    """Refuse an id that is malformed, taken or retired, or whose area does not exist. Raises UserError."""
    areas = sorted({row.area for row in rows})
    if not _ID.fullmatch(name):
        raise UserError(
            f"{name!r} is not an id", "An id is an area and words in lower case, such as http.head.page."
        )
    if name in {row.id for row in rows}:
        raise UserError(
            f"there is a requirement {name} already", f"`registry-conformance explain {name}` shows it."
        )
    if name in retired:
        raise UserError(f"the id {name} is retired", "Choose another: a retired id is never used again.")
    if name.partition(".")[0] not in areas:
        raise UserError(f"there is no area {name.partition('.')[0]!r}", f"Choose one of: {', '.join(areas)}.")


def nearest(name: str, rows: Iterable[Requirement]) -> list[Requirement]:
    """Return the requirements that share the most words with an id, the nearest first."""
    wanted = _words(name)

    def nearness(row: Requirement) -> tuple[int, int]:
        shared = len(wanted & _words(row.id)) * 2 + len(wanted & _words(row.statement))
        return shared, _shared(name, row.id)

    return sorted(rows, key=nearness, reverse=True)[:NEAREST]


def stubs_of(name: str, rows: Iterable[Requirement], root: Path) -> tuple[Stub, Stub, Stub]:
    """Return the stubs of row, check and fault, each for the file with the nearest of its kind."""
    area, second, *_ = name.split(".")
    near = max((row for row in rows if row.area == area), key=lambda row: _shared(name, row.id))
    rows_of_area = (root / "conformance" / "catalogue").glob(f"{area}*.toml")
    catalogue = (
        _nearest_file(name, rows_of_area, _ids_of_rows) or root / "conformance" / "catalogue" / f"{area}.toml"
    )
    checks, faults = root / "conformance" / "checks" / area, root / "reference_server" / "faults" / area
    module = second.replace("-", "_")
    return (
        Stub(catalogue, _row(name, near, defaults_of(catalogue))),
        Stub(
            _nearest_file(name, checks.glob("test_*.py"), _ids_of_checks, "check")
            or checks / f"test_{module}.py",
            _check(name),
        ),
        Stub(
            _nearest_file(name, faults.glob("*.py"), _ids_of_faults, "fault") or faults / f"{module}.py",
            _fault(name),
        ),
    )


def append(stub: Stub) -> None:
    """Add a stub to the end of its file; a new module gets a docstring and what the stub needs."""
    if stub.path.exists():
        before = stub.path.read_text(encoding="utf-8").rstrip("\n") + "\n"
    else:
        stub.path.parent.mkdir(parents=True, exist_ok=True)
        kind = "fault" if "faults" in stub.path.parts else "check"
        before = f'"""Write me."""\n\nfrom __future__ import annotations\n\n{_HEADS[kind]}'
    stub.path.write_text(before + stub.text, encoding="utf-8")


def defaults_of(path: Path) -> Mapping[str, str]:
    """Return what a file of the catalogue gives every row that leaves it out."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    defaults: Mapping[str, str] = tomllib.loads(text).get("defaults", {})
    return defaults


def _row(name: str, near: Requirement, defaults: Mapping[str, str]) -> str:
    """Return a row that is whole, so that the suite still starts; what is to be written says so.

    Keys of the nearest requirement that the file's `defaults` give are left out.
    """
    keys = {
        "id": name,
        "level": near.level,
        "standing": near.standing,
        "feature": near.feature,
        "statement": "Write me.",
        "source": near.source,
        "affects": "write me",
    }
    lines = "".join(f'{key} = "{value}"\n' for key, value in keys.items() if defaults.get(key) != str(value))
    return f"\n[[requirement]]\n{lines}"


def _check(name: str) -> str:
    function = "_".join(re.split(r"[.-]", name.partition(".")[2]))
    return f"""

@check("{name}")
def test_{function}() -> None:
    raise NotImplementedError("write the check of {name}")
"""


def _fault(name: str) -> str:
    kind = "".join(word.capitalize() for word in re.split(r"[.-]", name))
    kind = f"{kind}_" if keyword.iskeyword(kind) else kind
    return f'''

class {kind}(Fault):
    """Write me."""

    caught_by = ("{name}",)
'''


def _nearest_file(
    name: str, paths: Iterable[Path], ids_in: Callable[[str], list[str]], kind: str = ""
) -> Path | None:
    """Return the file with the id that shares the longest beginning; None where no file suits."""
    best: tuple[int, Path] | None = None
    for path in sorted(paths):
        text = path.read_text(encoding="utf-8")
        if _HEADS.get(kind, "") not in text:
            continue
        shared = max((_shared(name, each) for each in ids_in(text)), default=0)
        if shared and (best is None or shared > best[0]):
            best = shared, path
    return best[1] if best else None


def _ids_of_rows(text: str) -> list[str]:
    return re.findall(r'^id = "([^"]+)"', text, re.MULTILINE)


def _ids_of_checks(text: str) -> list[str]:
    return _CHECKS.findall(text)


def _ids_of_faults(text: str) -> list[str]:
    return [name for names in _CAUGHT_BY.findall(text) for name in re.findall(r'"([^"]+)"', names)]


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z0-9]+", text.lower()) if len(word) > 2}


def _shared(one: str, other: str) -> int:
    """Return how many characters two ids share at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
