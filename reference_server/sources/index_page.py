"""A project's page of another index, read from JSON or HTML. Source: PyPA "Simple repository API".

What is unusable about a file is left out: an invalid hash, a time in another format. A file without a URL or with a
name of neither a wheel nor an sdist is no file.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from html.parser import HTMLParser
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from reference_server.model import ProjectStatus, Status
from reference_server.model.errors import UpstreamError
from reference_server.sources.fetching import is_web
from reference_server.sources.upstream import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
LENGTHS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
"""The algorithms that are checked, with the number of digits of a digest."""

Read = TypeVar("Read")

_FILENAME = re.compile(r"[A-Za-z0-9._+!-]{1,255}\.(?:whl|tar\.gz|zip)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DIGITS = re.compile(r"[0-9a-f]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """A file on the page. URLs are absolute, and hashes in lower case; None is what the page does not state.

    `metadata` has the hashes of the metadata file, or states only that there is one.
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    requires_python: str | None = None
    size: int | None = None
    upload_time: datetime | None = None
    yanked: str | None = None
    metadata: Mapping[str, str] | bool | None = None
    provenance: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The files of a project, each name once, and its status."""

    files: tuple[IndexFile, ...]
    status: ProjectStatus = field(default_factory=ProjectStatus)


def _explained(read: Callable[[bytes, str, str], Read]) -> Callable[[bytes, str, str], Read]:
    """Let a reader raise `UpstreamError` for URLs and texts that cannot be read."""

    @wraps(read)
    def reader(body: bytes, content_type: str, url: str) -> Read:
        try:
            return read(body, content_type, url)
        except ValueError:
            raise UpstreamError(f"{without_secrets(url)} is not a page of an index") from None

    return reader


@_explained
def read_page(body: bytes, content_type: str, url: str) -> IndexPage:
    """Read a page that came from `url`. Raises `UpstreamError`."""
    media_type, _, parameters = content_type.lower().partition(";")
    if media_type.strip() == "application/vnd.pypi.simple.v1+json":
        page, files = _json(body, url), _json_files
    elif media_type.strip() in {"text/html", "application/vnd.pypi.simple.v1+html"}:
        page, files = _Html.read(body, parameters, url), _html_files
    else:
        raise UpstreamError(f"{without_secrets(url)} is neither a page of an index in HTML nor in JSON")
    found = {each.filename: each for each in files(page, url)}
    return IndexPage(files=tuple(found.values()), status=_status(page))


@_explained
def project_names(body: bytes, content_type: str, url: str) -> tuple[str, ...]:
    """Read the names on a root page that came from `url`. Raises `UpstreamError`."""
    media_type, _, parameters = content_type.lower().partition(";")
    if media_type.strip() == "application/vnd.pypi.simple.v1+json":
        projects = _json(body, url).get("projects")
        listed = projects if isinstance(projects, list) else []
        return tuple(str(each["name"]) for each in listed if isinstance(each, dict) and "name" in each)
    anchors = _Html.read(body, parameters, url)["anchors"]
    paths = (urlsplit(urljoin(url, each.get("href") or "")).path for each in anchors)
    return tuple(unquote(path.rstrip("/").rpartition("/")[2]) for path in paths if path)


def _json(body: bytes, url: str) -> dict[str, Any]:
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        raise UpstreamError(f"{without_secrets(url)} is not valid JSON") from None
    if not isinstance(page, dict):
        raise UpstreamError(f"{without_secrets(url)} is not a page of an index")
    meta = page.get("meta")
    version = str(meta.get("api-version", "1.0")) if isinstance(meta, dict) else "1.0"
    if version.partition(".")[0] != "1":
        raise UpstreamError(
            f"{without_secrets(url)} has version {version[:20]!r} of the API, which is unknown"
        )
    return page


def _status(page: Mapping[str, Any]) -> ProjectStatus:
    stated = page.get("project-status")
    marker = stated if isinstance(stated, dict) else {}
    state = marker.get("status")
    if not isinstance(state, str) or state not in set(Status):
        return ProjectStatus()
    return ProjectStatus(status=Status(state), reason=_text(marker.get("reason")))


def _json_files(page: Mapping[str, Any], url: str) -> Iterator[IndexFile]:
    files = page.get("files")
    for each in files if isinstance(files, list) else ():
        if not isinstance(each, dict):
            continue
        filename, address = each.get("filename"), _address(each.get("url"), url)
        if not isinstance(filename, str) or not _FILENAME.fullmatch(filename) or address is None:
            continue
        required, size, yanked = each.get("requires-python"), each.get("size"), each.get("yanked")
        metadata = each.get("core-metadata", each.get("dist-info-metadata"))
        yield IndexFile(
            filename=filename,
            url=address,
            hashes=_hashes(each.get("hashes")),
            requires_python=_text(required),
            size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
            upload_time=_time(each.get("upload-time")),
            yanked=(_text(yanked) or "") if yanked else None,
            metadata=(_hashes(metadata) or True) if metadata else None,
            provenance=_address(each.get("provenance") or None, url),
        )


class _Html(HTMLParser):
    """Collects the base, the anchors and the status of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.anchors: list[dict[str, str | None]] = []
        self.status: dict[str, str] = {}

    @classmethod
    def read(cls, body: bytes, parameters: str, url: str) -> dict[str, Any]:
        """Return what a page has, by names as in JSON. Raises `UpstreamError`."""
        parser = cls()
        charset = re.search(r"charset=\"?([\w.-]+)", parameters)
        try:
            parser.feed(body.decode(charset[1] if charset else "utf-8", "replace"))
            parser.close()
        except (LookupError, AssertionError):  # an unknown charset; invalid declarations
            raise UpstreamError(f"{without_secrets(url)} is not valid HTML") from None
        marker = parser.status if "status" in parser.status else None
        return {"base": parser.base, "anchors": parser.anchors, "project-status": marker}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says."""
        values = dict(reversed(attrs))  # the first of several counts
        if tag == "a" and values.get("href") is not None:
            self.anchors.append(values)
        elif tag == "base" and not self.base:
            self.base = values.get("href") or ""
        elif tag == "meta":
            name, content = values.get("name") or "", values.get("content")
            key = {"pypi:project-status": "status", "pypi:project-status-reason": "reason"}.get(name)
            if key and content is not None:
                self.status.setdefault(key, content)


def _html_files(page: Mapping[str, Any], url: str) -> Iterator[IndexFile]:
    base = urljoin(url, page["base"])
    for anchor in page["anchors"]:
        address = _address(anchor["href"], base)
        if address is None:
            continue
        filename = unquote(urlsplit(address).path.rpartition("/")[2])
        if not _FILENAME.fullmatch(filename):
            continue
        algorithm, _, digest = urlsplit(anchor["href"].strip()).fragment.partition("=")
        stated = anchor.get("data-core-metadata", anchor.get("data-dist-info-metadata"))
        kind, _, value = (stated or "").partition("=")
        yield IndexFile(
            filename=filename,
            url=address,
            hashes=_hashes({algorithm: digest}),
            requires_python=_text(anchor.get("data-requires-python")),
            yanked=(_text(anchor["data-yanked"]) or "") if "data-yanked" in anchor else None,
            metadata=(_hashes({kind: value}) or True) if stated and stated != "false" else None,
            provenance=_address(anchor.get("data-provenance") or None, base),
        )


def _address(href: object, base: str) -> str | None:
    """Return an absolute URL without its fragment, or None for one that is not of the web."""
    if not isinstance(href, str):
        return None
    try:
        address = urljoin(base, href.strip()).partition("#")[0]
        address.encode()
    except ValueError:
        return None
    return address if is_web(address) else None


def _hashes(stated: object) -> dict[str, str]:
    """Return the digests that can be checked."""
    if not isinstance(stated, dict):
        return {}
    lowered = {str(name).lower(): str(digest).lower() for name, digest in stated.items()}
    return {
        name: digest
        for name, digest in lowered.items()
        if len(digest) == LENGTHS.get(name) and _DIGITS.fullmatch(digest)
    }


def _text(stated: object) -> str | None:
    """Return a text that any page can have, without control characters; None for an empty one and for no text."""
    if not isinstance(stated, str):
        return None
    return _CONTROL.sub(" ", stated.encode("utf-8", "replace").decode()) or None


def _time(stated: object) -> datetime | None:
    """Return a time that has a time zone; without one in the text it is in UTC."""
    try:
        moment = datetime.fromisoformat(stated) if isinstance(stated, str) else None
        if moment is None:
            return None
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
