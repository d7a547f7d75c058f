"""A crash at each single step: the directory as it was at that moment is opened as a store of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reference_server.distributions import wheel
from reference_server.serving.default_registry import default_registry
from reference_server.store import connections
from reference_server.store.blobs import IN_MEMORY
from reference_server.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.rules.registry import Registry

SMALL, LARGE, TWIN = wheel("demo", "1.0"), wheel("demo", "2.0", size=IN_MEMORY + 1), wheel("demo", "3.0")


@dataclass
class Recorder:
    """Writes down each step that reaches the disk, and copies the directory before and after it."""

    store: Path
    copies: Path
    steps: list[str] = field(default_factory=list)
    taken: list[tuple[Path, str]] = field(default_factory=list)
    doing: str = ""

    def step(self, name: str) -> None:
        self.steps.append(name)
        copy = self.copies / str(len(self.taken))
        shutil.copytree(self.store, copy)
        self.taken.append((copy, self.doing))


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder(tmp_path / "store", tmp_path / "copies")

    def recorded(name: str, call: Any) -> Any:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            described = f"{name} {_described(arguments[0])}"
            if recorder.doing:
                recorder.step(f"before {described}")
            result = call(*arguments, **options)
            if recorder.doing:
                recorder.step(described)
            return result

        return wrapper

    monkeypatch.setattr(os, "fsync", recorded("fsync", os.fsync))
    monkeypatch.setattr(Path, "replace", recorded("rename", Path.replace))
    monkeypatch.setattr(Path, "unlink", recorded("unlink", Path.unlink))

    @contextmanager
    def writing(self: connections.Connections) -> Iterator[Any]:
        outermost = not self.is_writing
        with original(self) as connection:
            yield connection
        if outermost and recorder.doing:
            recorder.step("commit")

    original = connections.Connections.writing
    monkeypatch.setattr(connections.Connections, "writing", writing)
    return recorder


def _described(subject: int | Path) -> str:
    path = subject if isinstance(subject, Path) else Path(f"/proc/self/fd/{subject}").readlink()
    return "folder" if path.is_dir() else path.parent.name if path.parent.name == "incoming" else "blob"


def state(registry: Registry) -> dict[str, str]:
    """Give the digest of what each listed file holds. Fails for one that does not hold what is listed."""
    files = [file for package in registry.store.packages(1) for file in package.files]
    for file in files:
        assert hashlib.sha256(file.blob.read()).hexdigest() == file.sha256
    return {file.filename: file.sha256 for file in files}


@pytest.fixture
def recorded(recorder: Recorder) -> Iterator[tuple[Recorder, list[dict[str, str]]]]:
    """Upload a small and a large file, and delete the small one; give the states between."""
    registry = default_registry(store=SQLiteStore(recorder.store))
    states = [state(registry)]
    for number, distribution in enumerate((SMALL, LARGE)):
        recorder.doing = f"upload {number}"
        registry.publish(distribution.filename, distribution.content)
        recorder.doing = ""
        states.append(state(registry))
    recorder.doing = "delete 2"
    registry.delete("demo", version="1.0")
    recorder.doing = ""
    states.append(state(registry))
    yield recorder, states
    registry.close()


def test_contents_are_synced_and_in_their_place_before_the_row_is_committed(
    recorded: tuple[Recorder, list[dict[str, str]]],
) -> None:
    recorder, _ = recorded
    steps = [step for step in recorder.steps if not step.startswith("before ")]
    upload = ["rename incoming", "fsync folder", "commit"]
    folders = ["fsync folder"]  # of all folders of blobs, which the first blob makes
    assert steps == ["fsync incoming", *folders, *upload, "fsync incoming", *upload, "commit", "unlink blob"]


def test_a_crash_at_any_step_leaves_the_state_before_or_after(
    recorded: tuple[Recorder, list[dict[str, str]]],
) -> None:
    recorder, states = recorded
    assert len(recorder.taken) > 10
    for copy, doing in recorder.taken:
        number = int(doing.split()[1])
        registry = default_registry(store=SQLiteStore(copy))
        found = state(registry)
        assert found in states[number : number + 2], doing
        assert list((copy / "incoming").iterdir()) == []
        assert {path.name for path in (copy / "blobs").glob("*/*")} == set(found.values())
        registry.publish(TWIN.filename, TWIN.content)
        assert state(registry) == found | {TWIN.filename: TWIN.sha256}
        registry.close()
