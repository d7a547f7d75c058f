"""Faults in which type a page gets, and in what it says about that."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults import Fault
from reference_server.rules.negotiation import SIMPLE_JSON, TEXT_HTML, negotiate, weighted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reference_server.http.request import Request
    from reference_server.rules import Rules

PAGES = frozenset({"root_page", "project_page"})


class Negotiates(Fault):
    """Reads Accept in its own way, and chooses as the good server would; or chooses in its own way too."""

    _otherwise: Callable[[str | None, Sequence[str], str], str | None] = staticmethod(negotiate)

    def rules(self, rules: Rules) -> Rules:
        self._otherwise = rules.negotiate
        return replace(rules, negotiate=self.negotiate)

    def negotiate(self, accept: str | None, offered: Sequence[str], default: str) -> str | None:
        """Choose a media type (see `reference_server.rules.negotiation.negotiate`)."""
        return self._otherwise(self.read(accept), offered, default)

    def read(self, accept: str | None) -> str | None:
        """Give the header as the good server would have to be sent it."""
        return accept


# How Accept is read


class JsonWithoutAccept(Negotiates):
    """Sends JSON to who sends no Accept, and HTML to who takes anything."""

    caught_by = ("negotiation.no-accept",)

    def read(self, accept: str | None) -> str | None:
        return SIMPLE_JSON if accept is None else accept


class EmptyAcceptRefused(Negotiates):
    """Takes an empty Accept for the wish to get nothing."""

    caught_by = ("negotiation.empty-accept",)

    def read(self, accept: str | None) -> str | None:
        return "image/png" if accept is not None and not accept.strip() else accept


class WildcardsUnknown(Negotiates):
    """Knows no wildcards but `*/*`."""

    caught_by = ("negotiation.wildcards", "negotiation.picks-listed", "negotiation.specificity")

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r"(text|application)/\*", r"\1/wildcard", accept)


class OnlyFirstMemberRead(Negotiates):
    """Reads Accept up to its first comma."""

    caught_by = (
        "negotiation.picks-listed",
        "negotiation.order-irrelevant",
        "negotiation.quality",
        "negotiation.q-zero",
        "negotiation.specificity",
        "negotiation.prefers-json-on-ties",
    )

    def read(self, accept: str | None) -> str | None:
        return accept and accept.partition(",")[0]


class TiesGoToTheFirst(Negotiates):
    """Of types that are equally welcome, sends the one that is listed first."""

    caught_by = ("negotiation.order-irrelevant", "negotiation.prefers-json-on-ties")

    def negotiate(self, accept: str | None, offered: Sequence[str], default: str) -> str | None:
        listed = [text for text, _ in weighted(accept or "")]
        later = len(listed)
        places = {each: listed.index(each) if each in listed else later for each in offered}
        return self._otherwise(accept, sorted(offered, key=places.__getitem__), default)


class WeightsIgnored(Negotiates):
    """Reads no weights, except that 0 is a refusal."""

    caught_by = ("negotiation.quality", "negotiation.specificity")

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r";\s*[qQ]=(?!0(\.0*)?\s*(,|$))[^,]*", "", accept)


class AcceptSearchedForJson(Negotiates):
    """Sends JSON when its type is somewhere in Accept, else HTML, as GitLab does."""

    caught_by = (
        "negotiation.wildcards",
        "negotiation.quality",
        "negotiation.q-zero",
        "negotiation.specificity",
        "negotiation.case-insensitive",
        "negotiation.unsupported.406",
        "negotiation.latest.supported",
    )

    def negotiate(self, accept: str | None, offered: Sequence[str], default: str) -> str | None:
        del offered, default
        return SIMPLE_JSON if accept and SIMPLE_JSON in accept else TEXT_HTML


class ZeroReadAsNoWeight(Negotiates):
    """Takes a weight of 0 for none: `float(weight) or 1.0`."""

    caught_by = ("negotiation.q-zero", "negotiation.specificity")

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r";\s*q=0(\.0*)?(?=\s*(,|$))", "", accept)


class BadWeightFails(Fault):
    """Fails over a weight that is no number: `ValueError`."""

    caught_by = ("negotiation.q-syntax",)

    def handle(self, request: Request) -> Response | None:
        weights = re.findall(r"q=([^,;]*)", request.headers.get("Accept", ""))
        bad = any(not re.fullmatch(r"\s*[0-9.]+\s*", weight) for weight in weights)
        return Response("ValueError", status=500) if bad and request.endpoint in PAGES else None


class BlankBeforeWeightUnread(Negotiates):
    """Takes the blank before a semicolon for a part of the type."""

    caught_by = ("negotiation.q-syntax",)

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r"\s+;", ".blank;", accept)


class WildcardsOutweighNames(Negotiates):
    """Gives a type the greatest weight of whatever covers it, so that a wildcard overrules a name."""

    caught_by = ("negotiation.specificity",)

    def negotiate(self, accept: str | None, offered: Sequence[str], default: str) -> str | None:
        weights = dict(weighted(accept or ""))
        for media_type in offered:
            covering = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
            named = [weights[each] for each in covering if each in weights]
            if media_type in weights:
                weights[media_type] = max(named)
        header = ", ".join(f"{text};q={weight:.3f}" for text, weight in weights.items())
        return self._otherwise(header if weights else accept, offered, default)


class CapitalLettersUnknown(Negotiates):
    """Compares media types letter by letter, capitals and all."""

    caught_by = ("negotiation.case-insensitive",)

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r"[^\s,;]*[A-Z][^\s,;]*/[^\s,;]*", "image/png", accept)


class HtmlOnTies(Fault):
    """Sends HTML when JSON is as welcome."""

    caught_by = ("negotiation.prefers-json-on-ties",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, serializations=tuple(reversed(rules.serializations)))


class LatestUnknown(Negotiates):
    """Does not know the aliases of the latest version, as devpi and Pulp do not."""

    caught_by = ("negotiation.latest.supported",)

    def read(self, accept: str | None) -> str | None:
        return accept and accept.replace("simple.latest", "simple.unknown")


# What real clients send


class RootRefusesLists(Fault):
    """Refuses the list of projects to who names several types, as Artifactory did."""

    incident = "uv #14375"
    caught_by = ("negotiation.pip-header",)

    def handle(self, request: Request) -> Response | None:
        several = "," in request.headers.get("Accept", "")
        return Response(status=406) if several and request.endpoint == "root_page" else None


class ZstdFails(Fault):
    """Fails when a client could also read zstd, where pip's request works."""

    incident = "uv #6610"
    caught_by = ("negotiation.uv-header",)

    def handle(self, request: Request) -> Response | None:
        reads_zstd = "zstd" in request.headers.get("Accept-Encoding", "")
        return Response(status=500) if reads_zstd and request.endpoint in PAGES else None


class BrowsersGetJson(Negotiates):
    """Sends JSON to browsers, which show it as text without a link."""

    caught_by = ("negotiation.browser-header",)

    def read(self, accept: str | None) -> str | None:
        return SIMPLE_JSON if accept and "application/xhtml+xml" in accept else accept


# One URL, several pages


class VaryLeftOut(Fault):
    """Does not say that a page depends on Accept, so that a cache sends JSON to who reads HTML."""

    caught_by = ("negotiation.vary",)

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code in {200, 304}:
            response.headers["Vary"] = "Accept-Encoding"
        return response


class VaryLeftOutWhenUnchanged(Fault):
    """Does not say that a page depends on Accept when it answers 304."""

    caught_by = ("negotiation.vary", "http.pages.304")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 304:
            response.headers.pop("Vary", None)
        return response


class HeadIgnoresAccept(Fault):
    """Answers HEAD with the default type."""

    caught_by = ("negotiation.head-same", "http.head")

    def handle(self, request: Request) -> Response | None:
        if request.endpoint in PAGES and request.method == "HEAD":
            request.environ["HTTP_ACCEPT"] = "*/*"
        return None


class TypesCrossOver(Fault):
    """Sends the page that another client was sent just before: a cache, emptied by changes, that only knows URLs."""

    caught_by = ("negotiation.stable",)

    def __init__(self) -> None:
        self._asked: dict[str, tuple[str, ...]] = {}

    def handle(self, request: Request) -> Response | None:
        """When A, B, A, B have been wanted of one URL, and nothing else, the last one gets A."""
        if request.method not in {"GET", "HEAD"}:
            self._asked.clear()
        if request.endpoint == "project_page" and "If-None-Match" not in request.headers:
            asked = (*self._asked.get(request.path, ())[-3:], request.headers.get("Accept", "*/*"))
            self._asked[request.path] = asked
            if asked[:2] == asked[2:] and asked[0] != asked[1]:
                request.environ["HTTP_ACCEPT"] = asked[0]
        return None
