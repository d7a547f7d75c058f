"""What answers of now have in place of earlier ones: where redirects lead, and the validators of pages and files.

Some registries make another URL each time, such as a presigned one.

`conformance.report.script` puts this module into the script.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
"""A character that is percent-encoded."""

HIDDEN = "***"
"""What stands for the part of a URL that opens it."""

VALIDATORS, WEAK = ("etag", "last-modified"), "W/"
"""Source: RFC 9110, 8.8."""

CONDITIONS = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"})
"""Source: RFC 9110, 13.1."""

PACKAGE = re.compile(r'"id":\s*(\d+),\s*"name":\s*"([^"]*)",\s*"version":\s*"([^"]*)"')
"""A package in an answer of GitLab's REST API: its number, its name and its version."""

PACKAGE_FILE = re.compile(r'"id":\s*(\d+),\s*"package_id":\s*(\d+)[^{}]*?"file_name":\s*"([^"]*)"')
"""A file of one: its number, that of the package, and its name."""

NUMBERS = re.compile(
    r"(?P<before>^[^?#]*/projects/[^/?#]+/)(packages/\d+)(?:/(package_files/\d+))?(?![^/?#])"
)
"""The numbers of a package, and of a file of it, in a URL of GitLab's REST API."""

OPENS = re.compile(r"([?&;][^\s=?&;]*(?:signature|credential|token|sig|hmac)=)[^\s&;#\"'<>]+", re.IGNORECASE)
"""The parameters of a presigned URL that open it: their names, then their values."""


def learn(led: dict[str, str], step: dict[str, Any], target: str, headers: Mapping[str, str]) -> None:
    """Add where the redirect of a step led to, with where that of its repetition at `target` leads to.

    Of a page or file, add the validators: a condition with an earlier one means another thing by now.
    """
    before = dict(step["answered"])
    then, now = field("location", before), field("location", headers)
    if then and now:
        with suppress(ValueError):  # a Location that is no URL leads nowhere
            led[urljoin(step["url"], then)] = urljoin(target, now)
    for name in VALIDATORS:
        then, now = field(name, before).removeprefix(WEAK), field(name, headers).removeprefix(WEAK)
        if then and now:
            led[then] = now


def learn_numbers(led: dict[str, str], then: str, now: str, run: str) -> None:
    """Add which numbers GitLab gives the packages and files of a run, with those that they had.

    Those of others are left alone: the script may delete what it has a number of.
    """
    before, after = numbers_of(then, run), numbers_of(now, run)
    led.update({before[each]: after[each] for each in before.keys() & after.keys()})


def numbers_of(answer: str, run: str) -> dict[tuple[str, ...], str]:
    """Return how URLs name the packages and files of a run, by their names; nothing of a name that comes twice."""
    found: list[tuple[tuple[str, ...], str]]
    found = [((name, version), f"packages/{number}") for number, name, version in PACKAGE.findall(answer)]
    for number, package, name in PACKAGE_FILE.findall(answer):
        found += [((name,), f"package_files/{number}"), ((name, "package"), f"packages/{package}")]
    of_run = [each for each in found if run in re.sub(r"[-_.]+", "-", each[0][0]).lower()]
    counts = Counter(of_run)
    return dict(each for each in of_run if sum(other[0] == each[0] for other in counts) == 1)


def unnumbered(led: Mapping[str, str], url: str) -> bool:
    """Tell whether a URL has a number that GitLab gave, and that of now is not known."""
    found = NUMBERS.search(url)
    return found is not None and any(each not in led for each in found.groups()[1:] if each)


def renumbered(led: Mapping[str, str], url: str) -> str:
    """Return a URL with the numbers of now."""
    return NUMBERS.sub(
        lambda found: found["before"] + "/".join(led.get(each, each) for each in found.groups()[1:] if each),
        url,
    )


def unknown_conditions(led: Mapping[str, str], step: dict[str, Any]) -> frozenset[str]:
    """Return the conditions of a step where one has a validator of its own answer that no answer of now has."""
    own = field("etag", dict(step["answered"])).removeprefix(WEAK)
    sent = {name.lower(): value for name, value in step["headers"]}
    is_unknown = step["method"] in {"GET", "HEAD"} and own and own not in led
    has_own = any(own in value for name, value in sent.items() if name in CONDITIONS)
    return CONDITIONS if is_unknown and has_own else frozenset()


def field(wanted: str, headers: Mapping[str, str]) -> str:
    """Return a header field; nothing where an answer has none."""
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


def followed(led: dict[str, str], text: str) -> str:
    """Return a header field, or a whole request, with the validators of now."""
    known = [each for each in led if each.startswith('"') or each.endswith(" GMT")]
    if not known:
        return text
    condition = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    return re.sub(condition, lambda found: led[found[0]], text)


def masked(text: str) -> str:
    """Return a text with what opens the presigned URLs in it masked."""
    return OPENS.sub(rf"\g<1>{HIDDEN}", text)


def comparable(value: str, then: str) -> str:
    """Return what counts of a header field: of a URL whose query was hidden, the part before the query.

    The digits of what is percent-encoded may be in upper or in lower case. Source: RFC 3986, 2.1.
    """
    value = ENCODED.sub(lambda found: found[0].upper(), value)
    return value.partition("?")[0] if HIDDEN in then.partition("?")[2] else value


def origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    return "{0[0]}://{0[1]}".format(urlsplit(url))


def path_of(url: str) -> str:
    """Return the target of the request line."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def moved_from(then: str, now: str, old: str) -> str:
    """Return a URL on another registry, whose paths differ from those of the earlier one in their beginning only."""
    while then.rpartition("/")[2] == now.rpartition("/")[2] and urlsplit(then).path and urlsplit(now).path:
        then, now = then.rpartition("/")[0], now.rpartition("/")[0]
    if old == then or old.startswith(f"{then}/"):
        return now + old[len(then) :]
    return origin(now) + old[len(origin(old)) :]
