"""Variations in how responses are sent."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from werkzeug import Response
from werkzeug.http import http_date, parse_date

from reference_server.app.handlers.sending import PageAnswer
from reference_server.rules.negotiation import SIMPLE_HTML, SIMPLE_JSON, TEXT_HTML
from reference_server.variety.variation import FILES, PAGES, Variation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reference_server.http.request import Request
    from reference_server.rules.rules import Rules

KEPT_TIMES = 4096


# What the rules decide


class UnnormalizedInPlace(Variation):
    """Answers at every spelling of a project's name without a redirect."""

    source = "simple-api#simple-repository-html-project-detail"
    left_open = "A repository may redirect from other spellings of a name."

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, redirects_unnormalized=False)


class NoFormatParameter(Variation):
    """Ignores `format` in the query."""

    source = "simple-api#url-parameter"
    left_open = "Servers may support `format` in the query, or ignore it."

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, reads_format=False)


class DefaultType(Variation):
    """Sends another type to clients without a preference."""

    source = "simple-api#version-format-selection"
    left_open = "The server chooses the type for `*/*`."
    options = (SIMPLE_JSON, SIMPLE_HTML)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, default_serialization=self.option)


class Compression(Variation):
    """Compresses no page, or every page however short, in deflate as well."""

    source = "rfc9110#section-12.5.3"
    left_open = "The server chooses whether to use a coding that the client accepts."
    options = ("none", "all", "deflate")

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, gzips_from=None if self.option == "none" else 0)

    def respond(self, request: Request, response: Response) -> Response:
        takes_deflate_alone = request.headers.get("Accept-Encoding", "").strip() == "deflate"
        if self.option != "deflate" or not takes_deflate_alone:
            return response
        if request.endpoint in PAGES and response.status_code == 200:
            response.set_data(zlib.compress(response.get_data()))
            response.headers["Content-Encoding"] = "deflate"
            response.headers.pop("ETag", None)  # it is that of the page without a coding
        return response


# Redirects


class Redirects(Variation):
    """Redirects with other statuses, to relative or absolute URLs."""

    source = "rfc9110#section-10.2.2"
    left_open = (
        "Location is a URI reference, relative or absolute; four statuses redirect a GET to another URL."
    )
    options = (
        *("301 path", "301 absolute", "302 relative", "302 path", "302 absolute"),
        *("307 relative", "307 path", "307 absolute", "308 relative", "308 path", "308 absolute"),
    )

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 301 and "Location" in response.headers:
            status, form = self.option.split()
            path = urljoin(asked_path(request), response.headers["Location"])
            location = {"relative": response.headers["Location"], "path": path}
            response.headers["Location"] = location.get(form, urljoin(request.host_url, path))
            response.status_code = int(status)
        return response


class FilesElsewhere(Variation):
    """Redirects authorized downloads to another URL."""

    source = "simple-api#simple-repository-html-project-detail"
    left_open = "Files may be hosted anywhere, and clients follow redirects to them."
    options = ("302", "303", "307")
    query = "direct=1"

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint != "file" or response.status_code not in {200, 206, 304} or request.query_string:
            return response
        response.close()
        headers = {"Location": f"{asked_path(request)}?{self.query}", "Cache-Control": "no-store"}
        return Response(status=int(self.option), headers=headers)


def asked_path(request: Request) -> str:
    """Return the path as the client wrote it."""
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.path
    return str(raw).partition("?")[0]


# Validators and caches


class WeakETags(Variation):
    """Sends weak ETags for pages; those of files stay strong."""

    source = "rfc9110#section-8.8.3"
    left_open = "An entity tag is weak or strong, and If-None-Match compares weakly."

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.headers.get("ETag", "").startswith('"'):
            response.headers["ETag"] = f"W/{response.headers['ETag']}"
        return response


class LastModified(Variation):
    """Sends Last-Modified for pages, once that second is over.

    A second is long enough for two changes: before its end, the time would hide one of them.
    """

    source = "rfc9110#section-8.8.2"
    left_open = "A server may send Last-Modified beside ETag."

    def __init__(
        self,
        option: str = "",
        *,
        seed: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(option, seed=seed)
        self._now = now
        self._seen: OrderedDict[tuple[str, str, bool], tuple[str, datetime]] = OrderedDict()
        self._lock = Lock()

    def respond(self, request: Request, response: Response) -> Response:
        tag = response.headers.get("ETag")
        if request.endpoint not in PAGES or response.status_code != 200 or tag is None:
            return response
        compressed = isinstance(response, PageAnswer) and response.rendered is not None
        changed = self._changed((request.url, response.headers.get("Content-Type", ""), compressed), tag)
        if changed > self._now():
            return response
        response.headers["Last-Modified"] = http_date(changed)
        since = parse_date(request.headers.get("If-Modified-Since"))
        if "If-None-Match" in request.headers or since is None or since < changed:
            return response
        kept = [(name, value) for name, value in response.headers if not name.startswith("Content-")]
        return Response(status=304, headers=kept)

    def _changed(self, page: tuple[str, str, bool], tag: str) -> datetime:
        """Return the first whole second since which the page has been the same."""
        with self._lock:
            now = self._now()
            known, changed = self._seen.get(page, ("", now))
            if known != tag:
                changed = datetime.fromtimestamp(ceil(now.timestamp()), UTC)
            self._seen[page] = (tag, changed)
            self._seen.move_to_end(page)
            if len(self._seen) > KEPT_TIMES:
                self._seen.popitem(last=False)
            return changed


class CacheControl(Variation):
    """Lets caches keep pages for another time: not at all, for a minute, with revalidation, or as they guess."""

    source = "rfc9111#section-5.2.2"
    left_open = "The server chooses how long a response is fresh."
    options = (
        "no-cache, private",
        "private, max-age=60",
        "max-age=600, private",
        "no-store",
        "Private, No-Cache",
        "unstated",
    )

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code in {200, 304}:
            response.headers.pop("Cache-Control", None)
            if self.option != "unstated":
                response.headers["Cache-Control"] = self.option
        elif request.endpoint in FILES and response.status_code in {200, 206, 304}:
            response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
        return response


class VarySpelling(Variation):
    """Writes Vary in another way, with one more field."""

    source = "rfc9110#section-12.5.5"
    left_open = "Vary is a list of field names, in any order and letter case."
    options = ("small", "backwards", "one more", "two fields")

    def respond(self, request: Request, response: Response) -> Response:
        del request
        names = [name.strip() for name in response.headers.get("Vary", "").split(",") if name.strip()]
        if not names:
            return response
        if self.option == "two fields":
            response.headers.setlist("Vary", names)
            return response
        changed = {"small": [name.lower() for name in names], "backwards": names[::-1]}
        response.headers["Vary"] = ", ".join(changed.get(self.option, ["Authorization", *names]))
        return response


# What is sent


class ContentTypes(Variation):
    """Writes the parameters of Content-Type in another way, and one HTML type as its alias."""

    source = "rfc9110#section-8.3.1"
    left_open = "Parameters may have white space and quotes, and their names are case-insensitive."
    options = ("unspaced", "quoted", "capitals", "none", "always text/html", "never text/html")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint not in PAGES or response.status_code != 200:
            return response
        media_type = response.mimetype or TEXT_HTML
        if self.option.endswith(TEXT_HTML) and media_type in {SIMPLE_HTML, TEXT_HTML}:
            media_type = TEXT_HTML if self.option.startswith("always") else SIMPLE_HTML
        parameters = {"quoted": '; charset="utf-8"', "capitals": "; Charset=UTF-8", "none": ""}
        response.headers["Content-Type"] = media_type + parameters.get(self.option, ";charset=utf-8")
        return response


class NoRanges(Variation):
    """Ignores Range and sends whole files."""

    source = "rfc9110#section-14.2"
    left_open = "A server may ignore Range."
    options = ("none", "unsaid")

    def handle(self, request: Request) -> Response | None:
        request.environ.pop("HTTP_RANGE", None)
        return None

    def respond(self, request: Request, response: Response) -> Response:
        del request
        if "Accept-Ranges" in response.headers:
            response.headers.set("Accept-Ranges", "none")
            if self.option == "unsaid":
                del response.headers["Accept-Ranges"]
        return response


class FileTypes(Variation):
    """Serves files with other media types, without a file name."""

    source = "rfc9110#section-8.3"
    left_open = "The media type of wheels and sdists is unspecified; Content-Disposition is optional."
    options = ("archives", "binary")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint not in FILES or response.status_code not in {200, 206}:
            return response
        response.headers.pop("Content-Disposition", None)
        if request.endpoint == "metadata_file":
            response.headers["Content-Type"] = "text/plain; charset=utf-8"
        elif self.option == "binary":
            response.headers["Content-Type"] = "binary/octet-stream"
        else:
            zipped = request.arguments["filename"].endswith((".whl", ".zip"))
            response.headers["Content-Type"] = "application/zip" if zipped else "application/gzip"
        return response


class Chunks(Variation):
    """Sends pages in chunks, without Content-Length."""

    source = "rfc9112#section-7.1"
    left_open = "A body of HTTP/1.1 has a length or comes in chunks."
    options = ("small", "large")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.status_code == 200:
            response.automatically_set_content_length = False
            response.headers.pop("Content-Length", None)
        return response

    def transmit(self, request: Request, body: Iterable[bytes]) -> Iterable[bytes]:
        return self._pieces(body) if request.endpoint in PAGES else body

    def _pieces(self, body: Iterable[bytes]) -> Iterator[bytes]:
        size = 100 if self.option == "small" else 10_000
        for piece in body:
            yield from (piece[start : start + size] for start in range(0, len(piece), size))


# Header fields


class OtherOrigins(Variation):
    """Allows web pages of other origins to read every response."""

    source = "practice#cors"
    left_open = "The server chooses whether web pages of other origins may read a response."

    def respond(self, request: Request, response: Response) -> Response:
        del request
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response


class ExtraHeaders(Variation):
    """Adds unknown header fields, some of them twice, and omits optional ones."""

    source = "rfc9110#section-5.1"
    left_open = "Recipients ignore unknown fields; the order of different fields has no meaning."

    def respond(self, request: Request, response: Response) -> Response:
        del request
        for name in ("X-Content-Type-Options", "X-Frame-Options"):
            response.headers.pop(name, None)
        response.headers.add("X-Request-Id", f"{self.chance().getrandbits(64):x}")
        response.headers.add("Server-Timing", "db;dur=53")
        response.headers.add("Server-Timing", "app;dur=47.2")
        response.headers.add("Content-Language", "en")
        response.headers.add("Referrer-Policy", "")
        return response


class Challenges(Variation):
    """Sends another realm and a second scheme."""

    source = "rfc9110#section-11.6.1"
    left_open = "The realm is any text, and there may be several challenges."
    options = ("another realm", "two in a list", "two fields")

    def respond(self, request: Request, response: Response) -> Response:
        del request
        if "WWW-Authenticate" in response.headers:
            basic, bearer = 'basic realm="a \\"registry\\"", charset="UTF-8"', 'Bearer realm="x"'
            fields = {"another realm": [basic], "two in a list": [f"{basic}, {bearer}"]}
            response.headers.setlist("WWW-Authenticate", fields.get(self.option, [bearer, basic]))
        return response


class HeaderFields(Variation):
    """Sends header fields in another order and letter case. Must be the last that changes them."""

    source = "rfc9110#section-5.1"
    left_open = "Field names are case-insensitive, and their order has no meaning."
    options = ("small", "capitals", "mixed")

    def respond(self, request: Request, response: Response) -> Response:
        chance = self.chance(request.endpoint)

        def respelled(name: str) -> str:
            if self.option == "mixed":
                return "".join(chance.choice((letter.lower(), letter.upper())) for letter in name)
            return name.lower() if self.option == "small" else name.upper()

        names = list(dict.fromkeys(name.lower() for name, _ in response.headers))
        chance.shuffle(names)
        fields = [(respelled(name), value) for name in names for value in response.headers.getlist(name)]
        response.headers.clear()
        response.headers.extend(fields)
        return response
