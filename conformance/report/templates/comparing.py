"""Whether two bodies are equal, but for what another time, another run and another registry change.

`conformance.report.script` puts this module into the script.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

CUT_OFF = 80
"""Characters at the end of an earlier answer that was cut: a time, a name or a digest may be cut in them."""

TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)?")

OF_UPLOADS = re.compile(r"\bupload-?(?: |-)?times?\b")
"""What a deviation names that is about the times of uploads: their form counts then, and which of them are equal."""

OF_CONNECTIONS = re.compile(r"\b(connection|before the body|behind the header)\b", re.IGNORECASE)
"""What a deviation expects that no answer shows: what becomes of a connection, what is sent before a body, or after an
answer without one."""

CODED_TAG = re.compile(r"[-;:+.](?:gzip|br|zstd|deflate)(?=\"?$)")
"""The end of an entity tag that names a coding: which pages are compressed follows from their length."""

GZIP_BEGINS = b"\x1f\x8b"
"""How a compressed body begins, whose length follows from the names in it."""

STRINGS = re.compile(r'\[\s*"[^"]*"\s*,')
"""A list of texts, of which those of others cannot be told from the script's own."""

UNDECODED = "\ufffd"
"""What stands in an earlier body for bytes that are no text."""

OF_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""What no page has, even one with a byte that is no text."""

CHANGING = re.compile(rf"{TIME.pattern}|\b127\.0\.0\.1:\d+\b|\blocalhost:\d+\b")
"""Parts in which equal answers may differ: times, and the port of a local server."""

NUMBERED = re.compile(r'("(?:package_)?id":\s*|(?:/projects/[^/?#\s"]+|/-)/packages/)\d+')
"""Numbers that GitLab gives, each once, behind what names them: the paths of other registries have numbers, too."""

SERIAL = re.compile(r'(?<=<!--SERIAL )\d+|(?:(?<="_last-serial":)|(?<="last_serial":))\s*\d+')
"""The serial of a page, which counts what others publish, too. Source: PyPI's Index API."""

OF_SERIALS = re.compile(r"\blast_serial\b|\bthe same serial\b")
"""What a deviation names that is about serials: projects may have that word in their names, and header fields."""

WINDOW = re.compile(r"[?&]per_page=\d+")
"""What asks for a part of a list. Source: GitLab's REST API, pagination."""

COUNTS = {"link": "link", "x-total": "total", "x-total-pages": "total"}
COUNTS |= {"x-next-page": "next"}
"""Header fields that count what others publish, too, by what a deviation about them names."""

SERIAL_FIELD = "x-pypi-last-serial"

VOLATILE = {"age", "connection", "content-length", "date", "etag", "expires", "keep-alive", "last-modified"}
VOLATILE |= {"content-encoding", "server", "set-cookie", "x-request-id", "x-runtime"}
"""Header fields whose values may differ: only their presence is compared."""

LENGTH = re.compile(r"(\d+) bytes in all>$")
"""How the earlier body ends where it was cut: with its length."""

SLACK = 16
"""Bytes by which two lengths differ when numbers have more figures: no entry of a list is as short."""

DESCRIPTION = '{"info":'
"""How the JSON API's description of a project begins: of a long one, its metadata alone are kept."""

COUNTED = re.compile(r'(?:"(?:package_)?id":|serial":|<!--SERIAL) ?\d+|/packages/\d+(?=")', re.IGNORECASE)
"""Numbers whose figures may be more or fewer next time."""

MORE_FIGURES = 3
"""How many figures more or fewer such a number may have."""

HEX = re.compile(r"\b[0-9a-f]{8,}\b")
"""Digests of any kind."""

ENTRY = re.compile(r"<a\b.*?</a>|[\[,]\s*\{(?:[^{}\[]|\[(?!\s*\{)|\{[^{}]*\})*\}", re.DOTALL | re.IGNORECASE)
"""What a page lists: an anchor, or an object within an array."""

ANCHOR = re.compile(r"""<a\b[^>]*\bhref\s*=\s*["']?([^"'>\s]*)[^>]*>([^<]*)</a>""", re.IGNORECASE)
"""An anchor: its address and its text."""

NAME = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?", re.ASCII | re.IGNORECASE)
"""The name of a project. Source: name format of the packaging specifications."""


def is_about_time(expected: str, found: str) -> bool:
    """Tell whether what was found differs from what was expected in a time alone, which no answer has twice."""
    is_in_both = CHANGING.sub("*", found) in CHANGING.sub("*", expected)
    return TIME.search(found) is not None and (is_in_both or "to be the time of" in expected)


def beyond_answers(expected: str, found: str) -> str:
    """Return what a deviation is about that no comparison of answers shows; nothing where they show it."""
    if is_about_time(expected, found):
        return "a time, which this script does not compare"
    if OF_CONNECTIONS.search(expected):
        return "more than an answer: whether a connection stays open, what precedes a body, or what follows an answer"
    return ""


class Known(NamedTuple):
    """What a script knows of a page."""

    run: str
    projects: frozenset[str]
    found: str
    wanted: frozenset[str]
    """The files of the run that were expected."""
    named: frozenset[str]
    """The files of the run in what was found."""
    digests: frozenset[str] | None
    has_others: bool
    """Whether it lists what is not the script's, too: its address names neither the run nor one of its packages."""

    about: str
    """The statement and the deviation."""
    is_about_serials: bool
    is_window: bool
    """Whether it is a part of a list of others, and other requests are about what is the script's."""


def names_of(run: str, text: str) -> frozenset[str]:
    """Return the files and projects of a run that a text names."""
    return frozenset(re.findall(rf"[\w.+!-]*{re.escape(run)}[\w.+!-]*", text))


def known_of(case: dict[str, Any], url: str) -> Known:
    """Return what a script knows of the page at a URL of its case."""
    projects = {spelling(step["request"].partition("-")[0]) for step in case["published"]}
    run = spelling(case["run"])
    for step in case.get("requests", []):
        sent = base64.b64decode(step.get("body", "")).decode("latin-1")
        projects.update(
            re.findall(rf"conformance-{re.escape(run)}[a-z0-9-]*", spelling(f"{step['url']} {sent}"))
        )
    digests = case.get("digests")
    is_own_page = run in spelling(url) or NUMBERED.search(url) is not None
    return Known(
        run=run,
        projects=frozenset(projects),
        found=spelling(case["found"]),
        wanted=names_of(case["run"], case.get("expected", "")),
        named=names_of(case["run"], case["found"]),
        digests=None if digests is None else frozenset(digests),
        has_others=not is_own_page,
        about=spelling(" ".join(case.get(each, "") for each in ("statement", "expected", "found"))),
        is_about_serials=is_about_serials(case),
        is_window=not is_own_page
        and WINDOW.search(url) is not None
        and any(run in spelling(step["url"]) for step in case.get("requests", [])),
    )


def same_content(then: str, now: bytes, known: Known) -> bool | None:
    """Tell whether two bodies are equal; None where too little of the earlier one is known.

    Of that one, only the head or the length may be known. Lists are equal where they are so without the entries of
    others, and without those of the run that the script does not publish.
    """
    counted = re.fullmatch(r"<(\d+) bytes of .*>", then)
    if counted:
        slack = SLACK if now.startswith(GZIP_BEGINS) else 0
        return abs(len(now) - int(counted[1])) <= slack
    if UNDECODED in then and OF_NO_TEXT.search(then):
        # Some of these bytes follow from other files, as the sums in an archive.
        is_alike = UNDECODED in now.decode("utf-8", errors="replace")
        return None if is_alike and "content-type" not in known.about else is_alike
    head, cut, _ = then.partition("\u2026 <")
    text, head = stable(now.decode("utf-8", errors="replace"), known), stable(head, known)
    if known.is_window and not cut:
        return is_as_long(head, text)
    if not cut:
        earlier, later = listing(head, known), listing(text, known)
        is_unknown = known.has_others and all(STRINGS.search(each) for each in (head, text))
        return text == head or earlier.equals(later) or (None if is_unknown else False)
    head = head[:-CUT_OFF]
    if text.startswith(head):
        return same_rest(then, now, known)
    begins = listing(head, known).begins(listing(text, known))
    return same_rest(then, now, known) if begins else begins


def has_leftovers(page: str, run: str, known: Known) -> bool:
    """Tell whether a list of others has entries of an earlier run: what it lacks may depend on the place in it."""
    return known.has_others and bool(run) and any(run in spelling(each) for each in ENTRY.findall(page))


def is_about_serials(case: Mapping[str, Any]) -> bool:
    """Tell whether a deviation is about serials, which no two stores have alike."""
    named = any(OF_SERIALS.search(case.get(each, "")) for each in ("expected", "found"))
    return named or case.get("source", "").endswith("#last-serial")


def is_description(then: str) -> bool:
    """Tell whether a body is a description of a project, which changes with all that is published of it."""
    return then.startswith(DESCRIPTION)


def is_cut_description(then: str) -> bool:
    """Tell whether a body is a description of a project of which the end is unknown.

    Of equal length, the rest may have other values.
    """
    return is_description(then) and LENGTH.search(then) is not None


def same_length(then: Mapping[str, str], now: Mapping[str, str], known: Known) -> bool:
    """Tell whether a page has the length that header fields gave earlier; no answer to HEAD has more of it."""
    before, after = ({name.lower(): each for name, each in fields.items()} for fields in (then, now))
    lengths = [fields.get("content-length", "") for fields in (before, after)]
    if known.has_others or not all(each.isdigit() for each in lengths):
        return True
    return abs(int(lengths[0]) - int(lengths[1])) <= SLACK


def is_as_long(then: str, now: str) -> bool:
    """Tell whether two parts of lists have as many entries, in the same frame."""
    return len(ENTRY.findall(then)) == len(ENTRY.findall(now)) and then[:1] + then[-1:] == now[:1] + now[-1:]


def same_rest(then: str, now: bytes, known: Known) -> bool | None:
    """Tell whether a body that begins as an earlier one, of which the rest is unknown, ends as that did.

    The rest of a page of others is theirs, unless it has what was expected. A page that has become shorter, and lacks
    what was found, has lost that.
    """
    length, text = LENGTH.search(then), now.decode("utf-8", errors="replace")
    slack = SLACK if known.has_others else MORE_FIGURES * len(COUNTED.findall(text))
    if length is None or abs(len(now) - int(length[1])) <= slack:
        return True
    is_there_now = any(name in text and name not in then for name in known.wanted)
    if known.has_others:
        return None if is_there_now else True
    lost = int(length[1]) - len(now)
    is_gone = any(name not in text and lost >= len(name) for name in known.named)
    return False if is_there_now or is_gone else None


def stable(text: str, known: Known) -> str:
    """Return a text with times, ports and numbers masked, and digests that are of none of the files."""
    digests = known.digests
    if not known.is_about_serials:
        text = SERIAL.sub("0", text)
    if digests is not None:
        text = HEX.sub(lambda found: found[0] if found[0] in digests else "*", text)
    if OF_UPLOADS.search(known.about):
        seen: dict[str, int] = {}
        text = TIME.sub(lambda time: f"{seen.setdefault(time[0], len(seen))} {spelled(time[0])}", text)
    return CHANGING.sub("*", NUMBERED.sub(r"\g<1>0", text))  # JSON stays JSON


def spelled(time: str) -> str:
    """Return the form in which a time is written, in letters, with any part of a second as one of them."""
    return re.sub(r"\.n+", ".n", re.sub(r"\d", "n", time))


def volatile(known: Known) -> set[str]:
    """Return the header fields of which only the presence is compared: none that the deviation is about."""
    counts = {name for name, word in COUNTS.items() if known.is_window or word not in known.about}
    return VOLATILE | counts | (set() if known.is_about_serials else {SERIAL_FIELD})


def optional(known: Known) -> set[str]:
    """Return the header fields that a page may have or lack: one of others is compressed or not as its length is."""
    return {"content-encoding", "content-length"} if known.has_others else set()


def same_tag(tags: dict[str, str], then: str, now: str, known: Known) -> bool:
    """Tell whether an entity tag has the form of an earlier one, and stays the same as often; note it in `tags`."""
    if not (then and now):
        return True
    if known.has_others and "etag" not in known.about:
        then, now = CODED_TAG.sub("", then), CODED_TAG.sub("", now)
    form = re.compile(r'^(W/)?(")?.*?(")?$', re.DOTALL)
    return form.sub(r"\1\2\3", then) == form.sub(r"\1\2\3", now) and tags.setdefault(then, now) == now


def form_of(time: str) -> str:
    """Return the form in which a time is written, without its words and figures."""
    return re.sub(r"[0-9]", "0", re.sub(r"\b(?!GMT)[A-Za-z]+", "a", time))


class Listing(NamedTuple):
    """A page that lists things, without the entries of others."""

    begin: str
    end: str
    between: frozenset[str]
    """What separates entries, where it is not how the list begins and ends."""
    own: list[str]
    """The entries of the script, in their order."""
    odd: Counter[str]
    """The entries of others that may be the deviation: without a well-formed name, or named by it."""
    is_list: bool
    separator: str
    """What separates most entries of a list of others; one that lacks an entry may have its separator anywhere."""

    def equals(self, now: Listing) -> bool:
        """Tell whether a page is this one, with other entries of others."""
        separator = self.separator or now.separator
        same_frame = self.frame(separator) == now.frame(separator)
        return self.is_list and same_frame and self.own == now.own and not self.odd - now.odd

    def frame(self, separator: str) -> tuple[str, frozenset[str]]:
        """Return what is around the entries, and between them, without separators that are left over."""
        if not separator:
            return self.begin + self.end, self.between
        around = self.begin.removesuffix(separator) + self.end.removeprefix(separator)
        repeated = f"(?:{re.escape(separator)})+"
        return around, frozenset(each for each in self.between if not re.fullmatch(repeated, each))

    def begins(self, now: Listing) -> bool | None:
        """Tell whether a page may begin with this one; None where nothing in it can be the deviation."""
        missing = (Counter(self.own) - Counter(now.own)) + (self.odd - now.odd)
        if not self.is_list or self.begin != now.begin or missing:
            return False
        return True if self.odd else None


def listing(page: str, known: Known) -> Listing:
    """Take a page apart."""
    entries = [re.sub(r"^[\[,]\s*", "", each) for each in ENTRY.findall(page)]
    begin, *rest = ENTRY.split(page)
    end = rest.pop() if rest else ""
    rest = [re.sub(r"[\s,]+", "", each) for each in rest]
    if known.has_others:  # the entries beside which there is space are theirs
        begin, end = (re.sub(r"[\s,]+", "", each) for each in (begin, end))
    separator = Counter(rest).most_common(1)[0][0] if known.has_others and rest else ""
    odd = [each for each in entries if is_odd(each, known)]
    return Listing(
        begin=begin,
        end=end,
        between=frozenset(each for each in rest if not separates(each, begin, {end, *rest} - {each})),
        own=[re.sub(r"\s+", " ", each) for each in entries if is_own(spelling(each), known)],
        odd=Counter(re.sub(r"\s+", " ", each) for each in odd),
        is_list=bool(entries),
        separator=separator,
    )


def separates(text: str, begin: str, others: set[str]) -> bool:
    """Tell whether a text ends an entry and begins one as the list does."""
    cuts = [(text[:at], text[at:]) for at in range(len(text) + 1)]
    return any(
        begin.endswith(after) and other.startswith(before) for other in others for before, after in cuts
    )


def is_own(entry: str, known: Known) -> bool:
    """Tell whether an entry is of the script, or of the run and named by the deviation, or has no well-formed name."""
    named = re.findall(rf"conformance-{re.escape(known.run)}[a-z0-9-]*", entry)
    ours = (f"{each}-".startswith(f"{project}-") for each in named for project in known.projects)
    return known.run in entry and (not named or any(ours) or any(each in known.found for each in named))


def is_odd(entry: str, known: Known) -> bool:
    """Tell whether an entry is neither of a run nor an ordinary one of others."""
    text = spelling(entry)
    if known.run in text or re.search(
        rf"\bconformance-(?:[a-z0-9]{{{len(known.run)}}}|\*)(?![a-z0-9])", text
    ):
        return False
    name = name_in(entry)
    return not (known.has_others and name) or bool(
        re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", known.found)
    )


def name_in(entry: str) -> str:
    """Return the normalized name of a well-formed entry of a list of projects; else nothing."""
    anchor = ANCHOR.fullmatch(entry)
    if anchor:
        name = anchor[2].strip()
        is_whole = spelling(unquote(anchor[1]).rstrip("/").rpartition("/")[2]) == spelling(name)
        return spelling(name) if is_whole and NAME.fullmatch(name) else ""
    try:
        found = json.loads(entry)
    except ValueError:
        return ""
    name = found.get("name") if isinstance(found, dict) else None
    return spelling(name) if isinstance(name, str) and NAME.fullmatch(name) else ""


def spelling(text: str) -> str:
    """Return a text with all names in it normalized. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", text).lower()
