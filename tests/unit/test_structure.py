"""Both packages stay within the limits of their shape, and a broken limit is found."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "structure.py"
LINE = "    pass\n"


@pytest.fixture(scope="module")
def structure() -> Any:
    """Import the program from its file: it is in no package."""
    spec = importlib.util.spec_from_file_location("structure", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["structure"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def broken(structure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return the broken limits of a package that consists of these files."""
    monkeypatch.setattr(structure, "ROOT", tmp_path)

    def broken(**files: str) -> list[str]:
        (tmp_path / "demo").mkdir()
        for name, text in files.items():
            (tmp_path / "demo" / f"{name}.py").write_text(text, encoding="utf-8")
        return list(structure.broken_limits(structure.Package("demo")))

    return broken


@pytest.mark.parametrize("package", ["conformance", "reference_server"])
def test_a_package_keeps_its_shape(package: str, structure: Any) -> None:
    assert list(structure.broken_limits(structure.Package(package))) == []


def test_a_crowded_landing_is_found(broken: Any, structure: Any) -> None:
    files = {f"file{number}": "" for number in range(structure.MOST_ON_A_LANDING + 1)}
    assert broken(**files) == ["demo has 9 files on its landing, at most 8 are allowed"]


@pytest.mark.parametrize(
    "back",
    [
        "from demo import one",
        "def late():\n    import demo.one",
        "if TYPE_CHECKING:\n    from demo.one import first",
    ],
    ids=["", "late", "for a type"],
)
def test_a_circle_is_found(back: str, broken: Any) -> None:
    files = {
        "one": "from demo.two import second",
        "two": "import demo.three",
        "three": back,
        "four": "import demo.one",
    }
    assert broken(**files) == ["these import each other: demo.one, demo.three, demo.two"]


def test_a_long_file_is_found(broken: Any, structure: Any) -> None:
    allowed = "\n" * structure.LONGEST_FILE
    assert broken(long=f"{allowed}\n", other=allowed) == ["demo.long has 401 lines, at most 400 are allowed"]


def test_a_long_function_is_found_unless_it_has_a_reason(
    broken: Any, structure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = {
        "demo.one:listed": "a table",
        "demo.one:short": "a table",
        "other.one:listed": "another package's",
    }
    monkeypatch.setattr(structure, "LONG_FOR_A_REASON", reasons)
    longest = LINE * (structure.LONGEST_FUNCTION - 1)
    methods = f"class Shelf:\n    def method():\n{longest}{LINE}".replace(LINE, f"    {LINE}")
    functions = f"def listed():\n{longest}{LINE}\ndef short():\n{longest}"
    assert broken(one=f"{methods}\n{functions}") == [
        "demo.one:Shelf.method has 41 lines: shorten it, or give the reason in LONG_FOR_A_REASON",
        "demo.one:short is short enough: remove it from LONG_FOR_A_REASON",
    ]
