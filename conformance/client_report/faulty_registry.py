"""The registry that a client talks to: the files it holds, and the requests it receives."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import requests

from conformance.clients import IndexURL
from conformance.target.embedded import misbehaving_server
from conformance.wire.credential import Credential
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reference_server.distributions import Distribution
    from reference_server.serving.in_process import ReferenceServer

PROJECT = "demo"
SIZE = 20_000
TO_UPLOAD = wheel("fresh", "1.0", requires_python=">=3.8", size=SIZE)
"""The file behind `{file}`: the first distribution of a new project."""

READ_BEFORE = frozenset({"stale-index"})
"""Faults that show only when a page was read before the newest file was published."""

_OLD = wheel(PROJECT, "1.0", requires_python=">=3.8", size=SIZE)
_YANKED = wheel(PROJECT, "1.2", requires_python=">=3.8", size=SIZE)
_FOR_ANOTHER_PYTHON = wheel(PROJECT, "2.0", requires_python=">=4", size=SIZE)
_NEWEST = wheel(PROJECT, "1.1", requires_python=">=3.8", size=SIZE)

_REST = re.compile(r"bytes=\d+-")
"""A request for the rest of a file counts as one for the whole file. Other ranges are requests of their own."""

_JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True)
class RequestCounts:
    """The number of requests by method, path and range."""

    counts: Mapping[tuple[str, str, str], int]

    @property
    def by_kind(self) -> dict[str, int]:
        """The number of requests for pages, metadata, files, and to upload."""
        kinds = Counter[str]()
        for (method, path, _), count in self.counts.items():
            kinds[_kind(method, path)] += count
        return dict(kinds)

    def repetitions(self, usual: RequestCounts) -> int:
        """Return how many requests repeated an earlier one, beyond the usual number."""
        return sum(max(0, count - max(1, usual.counts.get(key, 1))) for key, count in self.counts.items())

    def attempts(self, usual: RequestCounts) -> int:
        """Return the largest number of identical requests that is above the usual; 1 if there is none."""
        return max(
            (count for key, count in self.counts.items() if count > max(1, usual.counts.get(key, 1))),
            default=1,
        )


@dataclass(frozen=True)
class FaultyRegistry:
    """A running server whose newest release for this Python is 1.1 of `PROJECT`."""

    server: ReferenceServer

    @property
    def credential(self) -> Credential:
        """A credential that may read and publish."""
        return Credential(username=self.server.username, password=self.server.password)

    @property
    def index_url(self) -> IndexURL:
        """The URL for installers."""
        return IndexURL(self.server.index_url, self.credential)

    @property
    def upload_url(self) -> str:
        """The URL for publishers."""
        return self.server.url

    @property
    def request_counts(self) -> RequestCounts:
        """The requests since the registry was ready."""
        counts = Counter[tuple[str, str, str]]()
        for request in self.server.requests:
            part = request.headers.get("range", "")
            counts[request.method, request.path, "" if _REST.fullmatch(part) else part] += 1
        return RequestCounts(counts)

    @property
    def uploaded(self) -> dict[str, bool]:
        """The name of each uploaded file, and whether its bytes are right."""
        stored = [file for package in self.server.registry.store.packages(1) for file in package.files]
        return {
            file.filename: file.blob.digests["sha256"] == TO_UPLOAD.sha256
            for file in stored
            if file.filename not in PUBLISHED
        }


PUBLISHED: Mapping[str, Distribution] = {
    each.filename: each for each in (_OLD, _YANKED, _FOR_ANOTHER_PYTHON, _NEWEST)
}
"""The published distributions by file name."""


def is_as_published(filename: str, content: bytes) -> bool:
    """Return whether a file has the bytes that the registry holds under its name."""
    return filename in PUBLISHED and sha256(content).hexdigest() == PUBLISHED[filename].sha256


def summary_of(fault: str) -> str:
    """Return the summary of a fault. Errors: UnknownFault."""
    (switch,) = misbehaving_server([fault]).switchboard.switches()
    return switch.fault.summary


@contextmanager
def faulty_registry(fault: str | None) -> Iterator[FaultyRegistry]:
    """Start a registry with a fault, or with none. Errors: UnknownFault."""
    with misbehaving_server([fault] if fault else []) as server:
        for each in (_OLD, _YANKED, _FOR_ANOTHER_PYTHON):
            _publish(each, server)
        server.registry.yank(PROJECT, version=_YANKED.version)
        if fault and fault.partition(",")[0] in READ_BEFORE:
            _read(server)
        _publish(_NEWEST, server)
        server.registry.set_status(PROJECT, "archived")  # a page does not state the status `active`
        server.requests.clear()
        yield FaultyRegistry(server)


def _publish(distribution: Distribution, server: ReferenceServer) -> None:
    server.registry.publish(
        distribution.filename, distribution.content, requires_python=distribution.metadata.requires_python
    )


def _read(server: ReferenceServer) -> None:
    requests.get(
        f"{server.index_url}{PROJECT}/",
        auth=(server.username, server.password),
        headers={"Accept": _JSON},
        timeout=10,
    ).raise_for_status()


def _kind(method: str, path: str) -> str:
    if method == "POST":
        return "uploads"
    if path.endswith(".metadata"):
        return "metadata"
    return "files" if re.search(r"\.(whl|tar\.gz)$", path) else "pages"
