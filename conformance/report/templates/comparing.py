"""Whether two bodies are equal, but for what another time, another run and another registry change.

`conformance.report.script` puts this module into the script.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from typing import Any, NamedTuple
from urllib.parse import unquote

CUT_OFF = 80
"""Characters at the end of an earlier answer that was cut: a time, a name or a digest may be cut in them."""

TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)?")

CHANGING = re.compile(rf"{TIME.pattern}|\b127\.0\.0\.1:\d+\b|\blocalhost:\d+\b")
"""Parts in which equal answers may differ: times, and the port of a local server."""

NUMBERED = re.compile(
    r'(?<="id":)\s*\d+|(?<="package_id":)\s*\d+|(?<=/packages/)\d+|(?<="_last-serial":)\s*\d+|(?<=<!--SERIAL )\d+'
)
"""Numbers that GitLab's REST API gives, each once, and the serials of PyPI."""

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
    kind = CHANGING.sub("*", found)
    return TIME.search(found) is not None and CHANGING.sub("*", expected).endswith(kind)


class Known(NamedTuple):
    """What a script knows of a page."""

    run: str
    projects: frozenset[str]
    found: str
    digests: frozenset[str] | None
    has_others: bool
    """Whether it lists what is not the script's, too: its address does not name the run."""


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
    return Known(
        run=run,
        projects=frozenset(projects),
        found=spelling(case["found"]),
        digests=None if digests is None else frozenset(digests),
        has_others=spelling(case["run"]) not in spelling(url),
    )


def same_content(then: str, now: bytes, known: Known) -> bool | None:
    """Tell whether two bodies are equal; None where too little of the earlier one is known.

    Of that one, only the head or the length may be known. Lists are equal where they are so without the entries of
    others, and without those of the run that the script does not publish.
    """
    counted = re.fullmatch(r"<(\d+) bytes of .*>", then)
    if counted:
        return len(now) == int(counted[1])
    head, cut, _ = then.partition("\u2026 <")
    text, head = stable(now.decode("utf-8", errors="replace"), known), stable(head, known)
    if not cut:
        return text == head or listing(head, known).equals(listing(text, known))
    head = head[:-CUT_OFF]
    return text.startswith(head) or listing(head, known).begins(listing(text, known))


def stable(text: str, known: Known) -> str:
    """Return a text with times, ports and numbers masked, and digests that are of none of the files."""
    digests = known.digests
    if digests is not None:
        text = HEX.sub(lambda found: found[0] if found[0] in digests else "*", text)
    return CHANGING.sub("*", NUMBERED.sub("0", text))  # JSON stays JSON


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

    def equals(self, now: Listing) -> bool:
        """Tell whether a page is this one, with other entries of others."""
        frame = (self.begin + self.end, self.between, self.own)
        return (
            self.is_list and frame == (now.begin + now.end, now.between, now.own) and not self.odd - now.odd
        )

    def begins(self, now: Listing) -> bool | None:
        """Tell whether a page may begin with this one; None where nothing in it can be the deviation."""
        missing = (Counter(self.own) - Counter(now.own)) + (self.odd - now.odd)
        if not self.is_list or self.begin != now.begin or missing:
            return False
        return True if self.odd else None


def listing(page: str, known: Known) -> Listing:
    """Take a page apart."""
    entries = [re.sub(r"^[\[,]\s*", "", each) for each in ENTRY.findall(page)]
    begin, *rest = (re.sub(r"[\s,]+", "", each) for each in ENTRY.split(page))
    end = rest.pop() if rest else ""
    odd = [each for each in entries if is_odd(each, known)]
    return Listing(
        begin=begin,
        end=end,
        between=frozenset(each for each in rest if not separates(each, begin, {end, *rest} - {each})),
        own=[re.sub(r"\s+", " ", each) for each in entries if is_own(spelling(each), known)],
        odd=Counter(re.sub(r"\s+", " ", each) for each in odd),
        is_list=bool(entries),
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
