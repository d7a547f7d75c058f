"""How files come: their length, their type, their coding."""

from __future__ import annotations

import re
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import TYPE_CHECKING
from urllib.parse import unquote

from conformance.checks.http.byte_ranges import right_part
from conformance.checks.http.cache_control import max_ages
from conformance.kit import expect
from conformance.kit.check import check
from conformance.pages import JSON_V1
from conformance.verdicts import Deviation, NotApplicable

if TYPE_CHECKING:
    from conformance.checks.http.samples import Sample
    from conformance.kit.http import Answer

DAY = 24 * 60 * 60
EXTENDED = re.compile(r"(?i);\s*filename\*\s*=\s*[\w-]+'[^']*'([^\s;]+)")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@check("http.head.file")
def test_head_file(sample: Sample, head_of_file: Answer) -> None:
    expect.status(head_of_file, 200)
    length = head_of_file.headers.get("Content-Length")
    expect.equal(length, str(len(sample.content)), of="Content-Length", where=head_of_file)


@check("http.content-length")
def test_content_length(samples: tuple[Sample, ...]) -> None:
    for answer in (sample.answer for sample in samples):
        if "Content-Encoding" not in answer.headers:  # else it is the length of what is decoded by now
            length = answer.headers.get("Content-Length")
            expect.equal(length, str(len(answer.content)), of="Content-Length", where=answer)


@check("http.files.no-content-encoding")
def test_no_content_encoding(samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        coding = sample.answer.headers.get("Content-Encoding", "identity")
        expect.equal(coding, "identity", of="Content-Encoding", where=sample.answer)
        answer = sample.get(accept_encoding="gzip")
        if answer.status != 200 or answer.content != sample.content:
            raise Deviation(
                expected="the same file for a client that accepts gzip",
                found=f"status {answer.status}, {len(answer.content)} other bytes after decoding, "
                f"Content-Encoding: {answer.headers.get('Content-Encoding', 'none')}",
                where=str(answer),
            )


@check("http.files.etag-per-coding")
def test_etag_per_coding(samples: tuple[Sample, ...]) -> None:
    """A registry that sends files as they are passes; a coding that is not true is another requirement's."""
    pairs = [(sample.answer, sample.get(accept_encoding="gzip")) for sample in samples]
    expect.rule(
        "a file in a content coding to have another strong ETag than the file itself",
        broken_by=[
            f"{tag} of {coded}"
            for plain, coded in pairs
            if "Content-Encoding" in coded.headers
            and coded.content == plain.content
            and (tag := coded.headers.get("ETag", "")).startswith('"')
            and tag == plain.headers.get("ETag")
        ],
        where=expect.requests(coded for _, coded in pairs),
    )


@check("http.files.content-type")
def test_content_type(samples: tuple[Sample, ...]) -> None:
    types = [sample.answer.content_type for sample in samples]
    wrong = [
        name or "no Content-Type" for name in types if not name or name.startswith("text/") or "html" in name
    ]
    expect.rule(
        "every archive to be served with a Content-Type of its own, not as text or a web page",
        broken_by=wrong,
        where=samples[0].answer,
    )


@check("http.files.disposition")
def test_disposition(samples: tuple[Sample, ...]) -> None:
    named = [(sample, name) for sample in samples for name in _names_in_disposition(sample.answer)]
    if not named:
        raise NotApplicable("files come without a name in Content-Disposition")
    expect.rule(
        "every file to have its own name in Content-Disposition",
        broken_by=[
            f"{name} for {sample.file.filename}"
            for sample, name in named
            if base(name) != sample.file.filename
        ],
        where=expect.requests(sample.answer for sample, _ in named),
    )


def base(name: str) -> str:
    """Return the last part of a name that may be a path, as pip does."""
    return name.replace("\\", "/").rpartition("/")[2]


def _names_in_disposition(answer: Answer) -> list[str]:
    """Return the file name in Content-Disposition, as pip reads it, and as browsers do, which prefer `filename*`.

    Source: RFC 6266, section 4.3.
    """
    stated = answer.headers.get("Content-Disposition", "")
    message = Message()
    message["Content-Type"] = stated
    name = message.get_param("filename")
    found = [collapse_rfc2231_value(name)] if name else []
    extended = EXTENDED.search(QUOTED.sub('""', stated))
    return found + ([unquote(extended[1])] if extended else [])


@check("http.files.accept-any")
def test_accept_any(sample: Sample) -> None:
    answer = sample.get(accept=JSON_V1)
    expect.status(answer, 200)
    right_part(answer, sample.content, slice(0, None))


@check("http.files.long-cache")
def test_long_cache(sample: Sample) -> None:
    stated = sample.answer.headers.get("Cache-Control", "")
    if max(max_ages(stated), default=0) < DAY:
        raise Deviation(
            expected="Cache-Control with a max-age of a day or more",
            found=f"Cache-Control: {stated}" if stated else "no Cache-Control",
            where=str(sample.answer),
        )
