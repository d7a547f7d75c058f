"""What the checks of HTTP read: sample files, parts of them, and pages around a change."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from conformance.kit import expect
from conformance.kit.http import Follow, Unreachable
from conformance.kit.publishing import publish
from conformance.kit.registry import ANONYMOUS, DEFAULT
from conformance.pages import JSON_V1, TEXT_HTML, read_project_json, read_project_page
from conformance.verdicts import Deviation, NotApplicable, Untestable
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import Buffer

    from conformance.kit.http import Answer
    from conformance.kit.index import Index, Reading
    from conformance.kit.registry import Registry
    from conformance.pages import FileLink, HtmlDocument, JsonDocument, ProjectPage
    from reference_server.distributions import Distribution

    AnyReading = Reading[ProjectPage, HtmlDocument] | Reading[ProjectPage, JsonDocument]

IDENTITY = {"Accept-Encoding": "identity"}
TYPES = {"html": TEXT_HTML, "json": JSON_V1}

_BOUNDARY = re.compile(r"""boundary=("?)(?P<boundary>[^";]+)\1""", re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True)
class Sample:
    """A file that a project page lists, and the answer that brought it whole."""

    file: FileLink
    answer: Answer
    registry: Registry

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.answer.content

    def get(self, *, method: str = "GET", **headers: str) -> Answer:
        """Ask for the file again; `if_range=…` is the header If-Range."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        return fetch(self.registry, self.file.url, method=method, headers={**IDENTITY, **named})


def fetch(registry: Registry, url: str, *, method: str = "GET", headers: Mapping[str, str]) -> Answer:
    """Ask for a file as clients do: redirects are followed, other hosts learn no credential.

    Raises Deviation when the body is not in the content coding that the answer states.
    """
    as_ = DEFAULT if registry.target.same_host(url) else ANONYMOUS
    try:
        return registry.request(method, url, as_=as_, headers=headers, follow=Follow.ANY_HOST)
    except Unreachable as error:
        if "failed to decode" in str(error):
            raise Deviation(
                expected="a body in the coding of its Content-Encoding", found=str(error), where=url
            ) from error
        raise


def read_samples(index: Index) -> tuple[Sample, ...]:
    """Read the smallest wheel and the smallest sdist of the first project, whole and not compressed.

    Raises Untestable when a file cannot be fetched, NotApplicable when there is none.
    """
    files = readings(index)[-1].page.files  # JSON, where it is offered, tells sizes
    wheels = [file for file in files if file.filename.endswith(".whl")]
    sdists = [file for file in files if file.filename.endswith(".tar.gz")]
    chosen = [min(group, key=lambda file: file.size or 0) for group in (wheels, sdists) if group]
    if not chosen:
        raise NotApplicable(f"{index.project} has neither a wheel nor an sdist")
    answers = [fetch(index.registry, file.url, headers=IDENTITY) for file in chosen]
    for answer in answers:
        if answer.status != 200:
            raise Untestable(f"a file that this check reads is not served: {answer}; see the checks of links")
    return tuple(Sample(file, answer, index.registry) for file, answer in zip(chosen, answers, strict=True))


def readings(index: Index, name: str | None = None) -> list[AnyReading]:
    """Return a project's page as it came, in each form that is offered, HTML first.

    Raises NotApplicable when there is none: the checks of content types say so.
    """
    if not index.offer.has("html|json"):
        raise NotApplicable("the pages are neither HTML nor JSON")
    found: list[AnyReading] = [index.html(name)] if index.offer.has("html") else []
    return [*found, index.json(name)] if index.offer.has("json") else found


def accept_of(answer: Answer) -> str:
    """Return the Accept header that a page was asked for with."""
    return answer.exchange.request_headers["Accept"]


# Parts of files


def right_part(answer: Answer, content: bytes, part: slice) -> None:
    """Require what a range gets: 206 with that part, 200 with the whole, or 416 where the part is empty."""
    wanted = content[part]
    if answer.status == 206:
        start, stop, _ = part.indices(len(content))
        stated = f"bytes {start}-{stop - 1}/{len(content)}" if wanted else "no part, as none is there"
        found = answer.headers.get("Content-Range", "")
        expect.equal(found, stated, of="206 with the Content-Range", where=answer)
        expect.equal(answer.content, wanted, of="the bytes", where=answer)
    elif answer.status == 200:
        expect.equal(answer.content, content, of="200 with the whole file", where=answer)
    elif answer.status != 416 or wanted:
        raise Deviation(
            expected=f"206 with {len(wanted)} bytes, or 200" if wanted else "416, or 200",
            found=f"status {answer.status}, Content-Range {answer.headers.get('Content-Range')}",
            where=f"{answer}, Range: {answer.exchange.request_headers.get('Range')}",
        )


def parts_of(answer: Answer) -> Iterator[tuple[str, bytes]]:
    """Yield the Content-Range and the bytes of each part of a 206. Source: RFC 9110, section 14.6."""
    boundary = _BOUNDARY.search(answer.headers.get("Content-Type", ""))
    if answer.content_type != "multipart/byteranges" or boundary is None:
        yield answer.headers.get("Content-Range", ""), answer.content
        return
    for part in answer.content.split(b"--" + boundary["boundary"].encode())[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        stated = re.search(rb"content-range:[ \t]*([^\r\n]*)", head, re.IGNORECASE)
        yield stated[1].decode("latin-1") if stated else "", body.removesuffix(b"\r\n")


def tells_truly(content_range: str, part: bytes, whole: bytes) -> bool:
    """Tell whether a part is the bytes of the file that its Content-Range says."""
    match = _CONTENT_RANGE.fullmatch(content_range)
    if match is None:
        return False
    first, last, length = map(int, match.groups())
    return length == len(whole) and part == whole[first : last + 1]


class RangedFile(io.RawIOBase):
    """A file that is read through ranges, as pip's fast-deps and uv read wheels."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._size = len(sample.content)
        self._at = 0

    def readable(self) -> bool:
        """Return true: it can be read."""
        return True

    def seekable(self) -> bool:
        """Return true: that is the point of it."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position without asking for anything."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def readinto(self, buffer: Buffer) -> int:
        """Ask for the next part. Raises Deviation when it does not come as a part."""
        target = memoryview(buffer).cast("B")
        last = min(self._at + len(target), self._size) - 1
        if last < self._at:
            return 0
        answer = self._sample.get(range=f"bytes={self._at}-{last}")
        expect.status(answer, 206)
        count = min(len(answer.content), len(target))
        target[:count] = answer.content[:count]
        self._at += count
        return count


# Pages around a change


@dataclass(frozen=True, kw_only=True)
class Change:
    """A project's pages, by form, before and right after a file was added to it.

    Those after it were asked for with `Cache-Control: max-age=0`, as pip does.
    """

    before: Mapping[str, Answer]
    after: Mapping[str, Answer]
    added: Distribution

    def pairs(self) -> Iterator[tuple[Answer, Answer]]:
        """Yield the pages of each form that are not the same as before."""
        for form, before in self.before.items():
            if before.content != self.after[form].content:
                yield before, self.after[form]

    def outdated(self) -> list[str]:
        """Return the pages after the change that do not list what was added."""
        return [str(page) for page in self.after.values() if not page_lists(page, self.added.filename)]


def change_project(index: Index, name: str) -> Change:
    """Publish a file, read the pages, and do both again.

    Raises Untestable when an upload is refused, NotApplicable when the pages are neither HTML nor JSON.
    """
    readings(index)
    registry = index.registry
    forms = {form: accept for form, accept in TYPES.items() if index.offer.has(form)}
    first, second = wheel(name, "1.0"), wheel(name, "1.1")
    publish(registry, first)
    before = {form: registry.project_answer(name, accept=accept) for form, accept in forms.items()}
    publish(registry, second)
    after = {
        form: registry.request(
            "GET", registry.project_url(name), headers={"Accept": accept, "Cache-Control": "max-age=0"}
        )
        for form, accept in forms.items()
    }
    return Change(before=before, after=after, added=second)


def page_lists(page: Answer, filename: str) -> bool:
    """Tell whether a project's page lists a file; what the page is written in is what it says."""
    if page.content_type == JSON_V1:
        read = read_project_json(page.content, url=page.url, where=str(page))
    else:
        read = read_project_page(page.text, url=page.url, where=str(page))
    return filename in read.filenames


def max_ages(cache_control: str) -> list[int]:
    """Return every max-age that a Cache-Control states, in seconds."""
    return [int(age) for age in re.findall(r"(?<![\w-])max-age=\"?(\d+)", cache_control.lower())]


def absent_file(sample: Sample) -> Answer:
    """Ask for a file near the sample that was never published, by a digest or folder that there is not."""
    url = urljoin(sample.file.url, "../conformance-absent/conformance_absent-1.0.tar.gz")
    return fetch(sample.registry, url, headers=IDENTITY)
