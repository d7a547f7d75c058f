"""Requests of the log, narrowed by what a test asks about, and assertions about them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, overload

from reference_server.http.paths import names_path
from reference_server.http.request_log.entry import Entry
from reference_server.http.request_log.lines import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PAGES = frozenset({"root_page", "project_page", "group_root_page", "group_project_page"})
METADATA_FILES = frozenset({"metadata_file", "group_metadata_file"})
FILES = frozenset({"file", "group_file"})

_SHOWN = 20
_NEARBY = 5
_PORT = re.compile(r":\d*$")


class Requests(Sequence[Entry]):
    """Requests in the order of their arrival. Filters narrow them: `requests.to("simple/demo").by("pip")`.

    `description` says in words how they were narrowed; `dropped` is the number of earlier requests that the log no
    longer keeps, about which no assertion can speak. `others` are all that arrived, where they were narrowed.
    """

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        description: str = "",
        dropped: int = 0,
        *,
        others: Sequence[Entry] | None = None,
    ) -> None:
        self._entries = tuple(entries)
        self._others = others
        self.description = description
        self._dropped = dropped

    def entries(self) -> tuple[Entry, ...]:
        """Return the requests."""
        return self._entries

    @property
    def dropped(self) -> int:
        """The number of requests that are no longer kept."""
        return self._dropped

    # narrowing

    def where(self, holds: Callable[[Entry], bool], description: str = "that …") -> Requests:
        """Return those for which a function is true."""
        words = " ".join(filter(None, (self.description, description)))
        return Requests(filter(holds, self.entries()), words, self.dropped, others=self._all())

    def to(self, path: str) -> Requests:
        """Return those to a path, of which the pattern names some segments: `simple/demo`, `*.whl`, `/simple/`."""
        return self.where(lambda entry: names_path(path, entry.path), f"to {path}")

    def to_host(self, host: str) -> Requests:
        """Return those to a host, with its port or without: by the field Host."""
        return self.where(lambda entry: host.lower() in _names_of(entry.host.lower()), f"to the host {host}")

    def by(self, client: str) -> Requests:
        """Return those of a client: `pip`, `uv`, `twine`, by the first word of User-Agent."""
        return self.where(lambda entry: entry.client == client.lower(), f"by {client}")

    def with_method(self, *methods: str) -> Requests:
        """Return those with one of these methods."""
        wanted = {each.upper() for each in methods}
        return self.where(lambda entry: entry.method.upper() in wanted, f"with method {' or '.join(methods)}")

    def with_credentials(self, username: str | None = None) -> Requests:
        """Return those with any credentials, or with Basic credentials of this user name."""
        if username is None:
            return self.where(lambda entry: bool(entry.credential), "with credentials")
        return self.where(lambda entry: entry.username == username, f"with credentials of {username}")

    def without_credentials(self) -> Requests:
        """Return those without any credentials: header fields, cookies, and parameters of the URL."""
        return self.where(lambda entry: not entry.credential, "without credentials")

    def with_certificate(self, name: str | None = None) -> Requests:
        """Return those with any client certificate, or with one that is issued to this name."""
        if name is None:
            return self.where(lambda entry: bool(entry.certificate), "with a certificate")
        return self.where(lambda entry: entry.certificate == name, f"with a certificate of {name}")

    def with_header(self, name: str, value: str = "*") -> Requests:
        """Return those with a header field, whose value matches a pattern with `*`."""
        return self.where(
            lambda entry: any(
                field == name.lower() and fnmatchcase(found, value) for field, found in entry.headers.items()
            ),
            f"with {name}: {value}",
        )

    def answered(self, *statuses: int) -> Requests:
        """Return those that were answered with one of these statuses."""
        words = " or ".join(map(str, statuses))
        return self.where(lambda entry: entry.status in statuses, f"answered {words}")

    def with_fault(self, name: str) -> Requests:
        """Return those for which a fault was on."""
        return self.where(lambda entry: name in entry.faults, f"with the fault {name}")

    def on_route(self, *routes: str) -> Requests:
        """Return those on one of these routes (see `reference_server.app.routes`)."""
        return self.where(lambda entry: entry.route in routes, f"on the route {' or '.join(routes)}")

    @property
    def pages(self) -> Requests:
        """Those for simple pages."""
        return self.where(lambda entry: entry.route in PAGES, "for pages")

    @property
    def metadata_files(self) -> Requests:
        """Those for metadata files, without the distribution itself (PEP 658)."""
        return self.where(lambda entry: entry.route in METADATA_FILES, "for metadata files")

    @property
    def files(self) -> Requests:
        """Those for distributions."""
        return self.where(lambda entry: entry.route in FILES, "for distributions")

    @property
    def uploads(self) -> Requests:
        """Those that upload."""
        return self.where(lambda entry: entry.route == "upload", "that upload")

    # counting

    def per_route(self) -> Counter[str]:
        """Return the number of requests per route; requests without a route count under an empty name."""
        return Counter(entry.route for entry in self.entries())

    def per_fault(self) -> Counter[str]:
        """Return the number of requests per fault that was on."""
        return Counter(name for entry in self.entries() for name in entry.faults)

    @property
    def bytes_sent(self) -> int:
        """The bytes of all bodies of answers."""
        return sum(entry.sent for entry in self.entries())

    # asserting

    def assert_none(self) -> None:
        """Check that there are none. Raises AssertionError with those that there are."""
        self.assert_count(0)

    def assert_once(self) -> Entry:
        """Check that there is exactly one, and return it. Raises AssertionError with those that there are."""
        self.assert_count(1)
        return self[0]

    def assert_any(self) -> None:
        """Check that there is at least one. Raises AssertionError."""
        if not self.entries():
            raise AssertionError(f"expected requests{self._in_words()}, found none\n{self._found()}")

    def assert_count(self, number: int) -> None:
        """Check how many there are. Raises AssertionError with all of them."""
        self._require_all()
        entries = self.entries()
        if len(entries) != number:
            raise AssertionError(
                f"expected {number or 'no'} request{'' if number == 1 else 's'}{self._in_words()}, "
                f"found {len(entries)}\n{self._found()}"
            )

    def assert_are(self, *expected: str) -> None:
        """Check all of them, in order: `"GET simple/demo 401"` is a method, a path as in `to`, and a status.

        The status can be left out. Raises AssertionError with the difference, and ValueError for another format.
        """
        from reference_server.http.request_log import expectations  # few tests ask for it, and all would wait

        self._require_all()
        difference = expectations.difference(expected, self.entries())
        if difference:
            more = "" if self.entries() else f"\n{self._found()}"
            raise AssertionError(f"other requests{self._in_words()} than expected\n{difference}{more}")

    def _all(self) -> Sequence[Entry]:
        """Return what these were narrowed from."""
        return self.entries() if self._others is None else self._others

    def _require_all(self) -> None:
        if self.dropped:
            raise AssertionError(
                f"the log has dropped {self.dropped} earlier requests; clear() it before the part that is tested"
            )

    def _found(self) -> str:
        """Return the requests as lines; instead of none, the last that are here but were not asked about."""
        if self.entries():
            return str(self)
        if not self._others:
            return "the log has no request"
        count, lines = len(self._others), "\n".join(map(line, self._others[-_NEARBY:]))
        return f"the last of {count} other request{'' if count == 1 else 's'}:\n{lines}"

    def _in_words(self) -> str:
        return f" {self.description}" if self.description else ""

    # as a sequence

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> Requests: ...

    def __getitem__(self, index: int | slice) -> Entry | Requests:
        """Return one request, or a part of them."""
        entries = self.entries()
        if isinstance(index, slice):
            return Requests(entries[index], self.description, self.dropped, others=self._all())
        return entries[index]

    def __len__(self) -> int:
        return len(self.entries())

    def __str__(self) -> str:
        """Return a line for each request, newest last."""
        return "\n".join(map(line, self.entries()))

    def __repr__(self) -> str:
        entries = self.entries()
        more = f" and {len(entries) - _SHOWN} earlier" if len(entries) > _SHOWN else ""
        lines = "".join(f"\n  {line(entry)}" for entry in entries[-_SHOWN:])
        return f"<{len(entries)} requests{self._in_words()}{more}:{lines}>" if entries else "<no requests>"


def _names_of(host: str) -> set[str]:
    """Return a host as it is, without its port, and an IPv6 address without its brackets, too."""
    alone = _PORT.sub("", host)
    return {host, alone, alone.strip("[]")}
