"""An index of any size: its projects exist by their names, and their wheels are built when they are asked for.

The same index is generated again each time, byte for byte. What is uploaded to it is kept beside it in memory.
"""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, overload

from reference_server.distributions import wheel
from reference_server.model import CoreMetadata, Package, PackageFile
from reference_server.model.blob import ALGORITHMS, Blob, new_hash
from reference_server.model.grammar import name_and_version, normalize
from reference_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_server.distributions import Distribution
    from reference_server.store.blobs import Blobs

KEPT_FILES = 50_000
"""How many generated files are remembered at most, of all projects that were asked for; the last project always is."""

FEW = 5
"""How many files a project has at most, except the first one."""

REQUIRES_PYTHON = ">=3.8"
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)

_NAME = re.compile(r"generated-([0-9]{7,})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class GeneratedIndex:
    """How many projects an index has, and how many files the first of them, `generated-0000000`.

    The others have one to five. Each file is a wheel of a version of its own.
    """

    projects: int
    files: int = FEW

    def files_of(self, number: int) -> int:
        """Return how many files a project has."""
        return 1 + number % FEW if number else self.files


def name_of(number: int) -> str:
    """Return the name of a project."""
    return f"generated-{number:07}"


class GeneratedNames(Sequence[str]):
    """The names of the projects, without those whose last file was deleted."""

    def __init__(self, projects: int, without: frozenset[int] = frozenset()) -> None:
        self._projects = projects
        self._without = without
        self._numbers = (
            [each for each in range(projects) if each not in without] if without else range(projects)
        )

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...

    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [name_of(each) for each in self._numbers[place]]
        return name_of(self._numbers[place])

    def __repr__(self) -> str:
        return f"GeneratedNames({self._projects}, {sorted(self._without)})"

    def __iter__(self) -> Iterator[str]:
        return map(name_of, self._numbers)

    def __contains__(self, name: object) -> bool:
        number = self.number(name)
        return number is not None and number not in self._without

    def number(self, name: object) -> int | None:
        """Return the number of a project, or None for a name that none of them has."""
        match = _NAME.fullmatch(name) if isinstance(name, str) else None
        number = int(match[1]) if match and len(match[1]) < 20 else self._projects
        return number if number < self._projects and name_of(number) == name else None


class GeneratedBlob(Blob):
    """The bytes of a wheel, which is built again each time it is read."""

    __slots__ = ("name", "version")
    name: str
    version: str

    @classmethod
    def of(cls, built: Distribution) -> GeneratedBlob:
        """Return the blob of a wheel, without its bytes."""
        blob = cls(b"", len(built.content), _Digests(built.name, built.version, built.sha256))
        object.__setattr__(blob, "name", built.name)
        object.__setattr__(blob, "version", built.version)
        return blob

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return io.BytesIO(self.read())

    def read(self) -> bytes:
        """Return all bytes."""
        return _built(self.name, self.version).content

    def remove(self) -> None:
        """Do nothing."""


class _Digests(Mapping[str, str]):
    """The digests of a wheel, in hex. All but its sha256 are computed when they are asked for."""

    __slots__ = ("_name", "_sha256", "_version")

    def __init__(self, name: str, version: str, sha256: str) -> None:
        self._name, self._version, self._sha256 = name, version, sha256

    def __getitem__(self, algorithm: str) -> str:
        if algorithm == "sha256":
            return self._sha256
        made = new_hash(algorithm)
        made.update(_built(self._name, self._version).content)
        return made.hexdigest()

    def __iter__(self) -> Iterator[str]:
        return iter(ALGORITHMS)

    def __len__(self) -> int:
        return len(ALGORITHMS)


class _Serials(Mapping[str, int]):
    """The serials of projects: those that were changed, and one for all others."""

    def __init__(self, changed: Mapping[str, int], first: int) -> None:
        self._changed, self._first = changed, first

    def __getitem__(self, name: str) -> int:
        return self._changed.get(name, self._first)

    def __iter__(self) -> Iterator[str]:
        return iter(self._changed)

    def __len__(self) -> int:
        return len(self._changed)

    def __repr__(self) -> str:
        return f"{self._changed}, else {self._first}"


class GeneratedStore(MemoryStore):
    """A generated index as packages of one GitLab project. Those of a project are there once it was asked for.

    The packages of the projects that were asked for last are remembered. A project that was changed stays as it is.
    """

    def __init__(self, index: GeneratedIndex, *, gitlab_project: int = 1, blobs: Blobs | None = None) -> None:
        super().__init__(blobs=blobs)
        self.index = index
        self._owner = gitlab_project
        self._all = GeneratedNames(index.projects)
        self._made: OrderedDict[str, tuple[Package, ...]] = OrderedDict()  # as generated, the latest last
        self._changed_before: set[str] = set()  # and not made yet
        self._lasting: set[str] = set()  # made and changed
        self._remembered = 0  # how many generated files
        self._begin_serials()
        self._is_quiet = False

    def generated_names(self, gitlab_project: int) -> GeneratedNames:
        """Return the names of the generated projects, whether they were asked for or not."""
        if gitlab_project != self._owner:
            return GeneratedNames(0)
        with self.lock:
            gone = {
                name
                for name in self._lasting
                if not super(GeneratedStore, self).packages_named(self._owner, name)
            }
            return GeneratedNames(self.index.projects, frozenset(map(self._number, gone)))

    def packages_named(self, gitlab_project: int, normalized: str) -> tuple[Package, ...]:
        """Return the packages of one project in a GitLab project, oldest first."""
        with self.lock:
            self._bring(gitlab_project, normalized)
            return super().packages_named(gitlab_project, normalized)

    def packages_of_version(self, gitlab_project: int, normalized: str, version: str) -> tuple[Package, ...]:
        """Return those with this version, in any spelling, oldest first."""
        with self.lock:
            self._bring(gitlab_project, normalized)
            return super().packages_of_version(gitlab_project, normalized, version)

    def files_named(self, gitlab_project: int, sha256: str, filename: str) -> tuple[PackageFile, ...]:
        """Return the files with this digest and this name, oldest first."""
        parsed = name_and_version(filename)
        with self.lock:
            self._bring(gitlab_project, normalize(parsed[0]) if parsed else "")
            return super().files_named(gitlab_project, sha256, filename)

    def generated_serials(self, gitlab_project: int) -> Mapping[str, int]:
        """Return the serials of those projects, by name."""
        del gitlab_project  # no other has any
        with self.lock:
            changed = self._lasting | self._changed_before
            known = {name: self._serials[self._owner, name] for name in sorted(changed)}
        return _Serials(known, self._first_serial)

    @property
    def edition(self) -> None:
        """Have no edition: packages are made and forgotten while they are read."""
        return

    def serial(self, gitlab_project: int, normalized: str | None = None) -> int:
        """Return a number that grows with every change of a project, or of a whole GitLab project."""
        with self.lock:
            self._bring(gitlab_project, normalized or "")
            return super().serial(gitlab_project, normalized)

    def forget(self) -> None:
        """Remove what was uploaded, and generate every project anew."""
        with self.lock:
            super().forget()
            self._made.clear()
            self._changed_before.clear()
            self._lasting.clear()
            self._remembered = 0
            self._begin_serials()

    def _begin_serials(self) -> None:
        """Give one serial to every project, and to the index, which has the latest of its projects."""
        self._first_serial = next(self._changes)
        for owner, name in [*self._serials]:
            if owner == self._owner and name is not None and self._number(name) >= 0:
                del self._serials[owner, name]
        self._serials[self._owner, None] = self._first_serial

    def _number(self, name: str) -> int:
        number = self._all.number(name)
        return -1 if number is None else number

    def _bring(self, gitlab_project: int, name: str) -> None:
        """Make the packages of a project, unless they are there or it is none of the generated ones.

        The caller holds the lock.
        """
        number = self._number(name)
        if gitlab_project != self._owner or number < 0:
            return
        if name in self._made:
            self._made.move_to_end(name)
        elif name not in self._lasting:
            self._is_quiet = True
            try:
                self._make(name, number)
                self._forget_some()
            finally:
                self._is_quiet = False

    def _make(self, name: str, number: int) -> None:
        """Make the packages of a project. Its page is always the same, and so is its serial."""
        packages = tuple(self._packages_of(number))
        serial = self._serials.get((self._owner, name))
        for package in packages:
            self.put_package(package)
        self._remembered += len(packages)
        if name in self._changed_before:
            self._changed_before.remove(name)
            self._lasting.add(name)
            self._serials[self._owner, name] = serial or self._first_serial
        else:
            self._made[name] = packages
            self._serials[self._owner, name] = self._first_serial

    def _forget_some(self) -> None:
        """Forget the projects that were not asked for lately, except those that were changed."""
        while self._remembered > KEPT_FILES and len(self._made) > 1:
            name, packages = self._made.popitem(last=False)
            for package in packages:
                self.remove_package(package.id)
            self._remembered -= len(packages)
            del self._serials[self._owner, name]

    def _changed(self, gitlab_project: int, normalized: str) -> None:
        """Note a change; the list of projects stays the same where packages are made or forgotten."""
        serial = self._serials.get((gitlab_project, None), 0)
        super()._changed(gitlab_project, normalized)
        if self._is_quiet:
            self._serials[gitlab_project, None] = serial
        elif gitlab_project == self._owner and self._number(normalized) >= 0:
            is_made = self._made.pop(normalized, None) is not None or normalized in self._lasting
            (self._lasting if is_made else self._changed_before).add(normalized)

    def _packages_of(self, number: int) -> Iterator[Package]:
        name = name_of(number)
        for place in range(self.index.files_of(number)):
            version = f"1.{place}"
            built = _built(name, version)
            package_id = self.next_id()
            moment = BEGIN + timedelta(minutes=number + place)
            file = PackageFile(
                id=self.next_id(),
                package_id=package_id,
                filename=built.filename,
                digests=(blob := GeneratedBlob.of(built)).digests,
                requires_python=REQUIRES_PYTHON,
                created_at=moment,
                blob=blob,
                core_metadata=CoreMetadata(built.metadata.document()),
            )
            yield Package(
                id=package_id,
                gitlab_project=self._owner,
                name=name,
                normalized=name,
                version=version,
                created_at=moment,
                files=(file,),
            )


def _built(name: str, version: str) -> Distribution:
    return wheel(name, version, requires_python=REQUIRES_PYTHON)
