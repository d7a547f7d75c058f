"""Faults in the HTML of a page: document, version, list of projects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import PAGES
from reference_server.faults.building.rewritten_pages import RewritesHtml, RewritesRootPage

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request

VERSION = re.compile(rb'    <meta name="pypi:repository-version" content="[^"]*">\n')


class ParagraphsNeverOpened(RewritesHtml):
    """Closes a paragraph that was never opened."""

    caught_by = ("simple.html.valid-html5",)
    pattern = rb"</body>"
    replacement = rb"</p></body>"


class AttributesGluedTogether(RewritesHtml):
    """Writes two attributes without white space between them."""

    caught_by = ("simple.html.valid-html5",)
    pattern = rb'" data-core-metadata='
    replacement = rb'"data-core-metadata='


class NoDoctype(RewritesHtml):
    """Omits the doctype, as pypiserver, devpi and MyGet did."""

    incident = "pypiserver #412"
    caught_by = ("simple.html.doctype", "simple.html.valid-html5")
    pattern = rb"<!DOCTYPE html>\n"
    replacement = b""


class RelativeBase(RewritesHtml):
    """Writes a relative `<base>`, which browsers understand and pip does not."""

    caught_by = ("simple.html.base-absolute",)
    pattern = rb"<head>\n"
    replacement = b'<head>\n    <base href="./">\n'


class LatinOneInUtf8(RewritesHtml):
    """Declares UTF-8 but writes Latin-1."""

    caught_by = ("simple.html.charset",)
    pattern = rb"<body>"
    replacement = b"<body><p>Caf\xe9</p>"


class Utf8InLatinOne(RewritesHtml):
    """Declares Latin-1 but writes UTF-8."""

    caught_by = ("simple.html.charset",)
    pattern = rb"<body>"
    replacement = "<body><p>Caf\u00e9</p>".encode()

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint in PAGES and response.mimetype == "text/html":
            response.headers["Content-Type"] = "text/html; charset=iso-8859-1"
        return response


class AnchorsInScripts(RewritesHtml):
    """Writes an anchor in a script, which a simple parser takes for a link."""

    caught_by = ("simple.html.anchor-syntax-plain",)
    pattern = rb"</body>"
    replacement = rb"""<script>const link = "<a href='old-0.1.tar.gz'>old</a>";</script></body>"""


class AnchorsInCapitals(RewritesHtml):
    """Writes tag names in capitals."""

    incident = "warehouse #18275"
    caught_by = ("simple.html.anchor-syntax-plain",)
    pattern = rb"<a href="
    replacement = rb"<A href="


class SpellingsListed(RewritesRootPage):
    """Lists a project under a second spelling, as pypiserver did with MySQL-python."""

    caught_by = ("simple.html.root.one-anchor-per-project",)
    pattern = rb'(<a href="([^"]+)-main/">)([^<]+)-main</a>'
    replacement = rb"\g<0>\1\3_main</a>"


class SlashInNames(RewritesRootPage):
    """Writes project names with a slash, as directory listings do."""

    caught_by = (
        "simple.html.root.anchor-text",
        "simple.root.lists-uploads",
        "simple.name.valid-charset",
    )
    pattern = rb"([^>])</a>"
    replacement = rb"\1/</a>"


class RootLinksIgnoreThePrefix(RewritesRootPage):
    """Links to `/simple/` regardless of where the index is mounted."""

    caught_by = ("simple.html.root.href",)
    pattern = rb'<a href="'
    replacement = rb'<a href="/simple/'


class RewritesVersion(RewritesHtml):
    """Declares another version of the API in HTML."""

    pattern = rb'(?<=repository-version" content=")[^"]*'


class VersionDeclaredTwice(RewritesHtml):
    """Declares the version of the API twice."""

    caught_by = ("simple.html.version-meta",)
    pattern = VERSION.pattern
    replacement = rb"\g<0>\g<0>"


class VersionOfThreeNumbers(RewritesVersion):
    """Declares version 1.4.0."""

    caught_by = ("simple.html.version-meta.format", "status.api-version")
    replacement = b"1.4.0"


class VersionTwo(RewritesVersion):
    """Declares version 2.0, which clients must reject."""

    caught_by = (
        "simple.html.version-meta.major-1",
        "simple.html.version-meta.frozen",
        "simple.json.version-in-sync",
        "status.api-version",
    )
    replacement = b"2.0"


class VersionOnePointFive(RewritesVersion):
    """Declares version 1.5, which HTML does not have."""

    caught_by = ("simple.html.version-meta.frozen", "simple.json.version-in-sync", "status.api-version")
    replacement = b"1.5"


class OlderVersionOnTheRoot(RewritesRootPage):
    """Declares version 1.0 on the root page but a newer one on the other pages."""

    caught_by = ("simple.html.version-meta.both-pages",)
    pattern = RewritesVersion.pattern
    replacement = b"1.0"
