"""Faults in reading Accept."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug import Response

from reference_server.faults.building.decisions import Negotiates
from reference_server.faults.building.requests import PAGES
from reference_server.faults.fault import Fault
from reference_server.rules.negotiation import SIMPLE_JSON, TEXT_HTML, weighted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reference_server.http.request import Request
    from reference_server.rules import Rules


class JsonWithoutAccept(Negotiates):
    """Sends JSON to clients without Accept, but HTML for `*/*`."""

    caught_by = ("negotiation.no-accept",)

    def read(self, accept: str | None) -> str | None:
        return SIMPLE_JSON if accept is None else accept


class EmptyAcceptRefused(Negotiates):
    """Rejects requests with an empty Accept."""

    caught_by = ("negotiation.empty-accept",)

    def read(self, accept: str | None) -> str | None:
        return "image/png" if accept is not None and not accept.strip() else accept


class WildcardsUnknown(Negotiates):
    """Ignores wildcards other than `*/*`."""

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
    """Prefers the type that is listed first among equal weights."""

    caught_by = ("negotiation.order-irrelevant", "negotiation.prefers-json-on-ties")

    def negotiate(self, accept: str | None, offered: Sequence[str], default: str) -> str | None:
        listed = [text for text, _ in weighted(accept or "")]
        later = len(listed)
        places = {each: listed.index(each) if each in listed else later for each in offered}
        return self.otherwise(accept, sorted(offered, key=places.__getitem__), default)


class WeightsIgnored(Negotiates):
    """Ignores weights other than 0."""

    caught_by = ("negotiation.quality", "negotiation.specificity")

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r";\s*[qQ]=(?!0(\.0*)?\s*(,|$))[^,]*", "", accept)


class WeightsComparedByDigits(Negotiates):
    """Compares weights by the number behind the dot: 0.25 is more than 0.5."""

    caught_by = ("negotiation.quality",)

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r"q=0\.(\d+)", lambda digits: f"q=0.{int(digits[1]):03}", accept)


class TabsNotTrimmed(Negotiates):
    """Reads no weight after a tab."""

    caught_by = ("negotiation.q-syntax",)

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r"\t(?=q=)", "x", accept)


class ZeroWeightsDropped(Negotiates):
    """Drops types with a weight of 0, which a wildcard then covers."""

    caught_by = ("negotiation.specificity",)

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r"[^,]+;\s*q=0(\.0*)?\s*(,|$)", "", accept)


class AcceptSearchedForJson(Negotiates):
    """Sends JSON if its type occurs anywhere in Accept, else HTML, as GitLab does."""

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
        return SIMPLE_JSON if accept and SIMPLE_JSON in accept else TEXT_HTML


class ZeroReadAsNoWeight(Negotiates):
    """Reads a weight of 0 as 1, as `float(weight) or 1.0` does."""

    caught_by = ("negotiation.q-zero", "negotiation.specificity")

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r";\s*q=0(\.0*)?(?=\s*(,|$))", "", accept)


class BadWeightFails(Fault):
    """Fails on a weight that is not a number."""

    caught_by = ("negotiation.q-syntax",)

    def handle(self, request: Request) -> Response | None:
        weights = re.findall(r"q=([^,;]*)", request.headers.get("Accept", ""))
        bad = any(not re.fullmatch(r"\s*[0-9.]+\s*", weight) for weight in weights)
        return Response("ValueError", status=500) if bad and request.endpoint in PAGES else None


class BlankBeforeWeightUnread(Negotiates):
    """Reads the space before a semicolon as part of the type."""

    caught_by = ("negotiation.q-syntax",)

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r"\s+;", ".blank;", accept)


class WildcardsOutweighNames(Negotiates):
    """Gives a type the highest matching weight, so that a wildcard overrules a name."""

    caught_by = ("negotiation.specificity",)

    def negotiate(self, accept: str | None, offered: Sequence[str], default: str) -> str | None:
        weights = dict(weighted(accept or ""))
        for media_type in offered:
            covering = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
            named = [weights[each] for each in covering if each in weights]
            if media_type in weights:
                weights[media_type] = max(named)
        header = ", ".join(f"{text};q={weight:.3f}" for text, weight in weights.items())
        return self.otherwise(header if weights else accept, offered, default)


class CapitalLettersUnknown(Negotiates):
    """Compares media types case-sensitively."""

    caught_by = ("negotiation.case-insensitive",)

    def read(self, accept: str | None) -> str | None:
        return accept and re.sub(r"[^\s,;]*[A-Z][^\s,;]*/[^\s,;]*", "image/png", accept)


class HtmlOnTies(Fault):
    """Prefers HTML to JSON among equal weights."""

    caught_by = ("negotiation.prefers-json-on-ties",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, serializations=tuple(reversed(rules.serializations)))


class LatestUnknown(Negotiates):
    """Rejects the aliases of the latest version, as devpi and Pulp do."""

    caught_by = ("negotiation.latest.supported",)

    def read(self, accept: str | None) -> str | None:
        return accept and accept.replace("simple.latest", "simple.unknown")


class OnlyFirstLineRead(Negotiates):
    """Reads the first line of Accept only: the server joins lines without the blank that clients write."""

    caught_by = ("negotiation.two-lines",)

    def read(self, accept: str | None) -> str | None:
        return accept and re.split(r",(?! )", accept)[0]
