"""Faults in the HTML of a page: document, version, list of projects."""

from __future__ import annotations

import re

from reference_server.faults.building.html_pages import HtmlRewritten, RootRewritten

VERSION = re.compile(rb'    <meta name="pypi:repository-version" content="[^"]*">\n')


class ParagraphsNeverOpened(HtmlRewritten):
    """Closes a paragraph that it never opened."""

    caught_by = ("simple.html.valid-html5",)
    pattern = rb"</body>"
    replacement = rb"</p></body>"


class NoDoctype(HtmlRewritten):
    """Leaves out the doctype, as pypiserver, devpi and MyGet did."""

    incident = "pypiserver #412"
    caught_by = ("simple.html.doctype", "simple.html.valid-html5")
    pattern = rb"<!DOCTYPE html>\n"
    replacement = b""


class RelativeBase(HtmlRewritten):
    """Has a `<base>` that says where the page is, in a way that browsers understand and pip does not."""

    caught_by = ("simple.html.base-absolute",)
    pattern = rb"<head>\n"
    replacement = b'<head>\n    <base href="./">\n'


class LatinOneInUtf8(HtmlRewritten):
    """Says UTF-8, and writes Latin-1."""

    caught_by = ("simple.html.charset",)
    pattern = rb"<body>"
    replacement = b"<body><p>Caf\xe9</p>"


class AnchorsInCapitals(HtmlRewritten):
    """Writes tags in capitals, as pages did long ago."""

    incident = "warehouse #18275"
    caught_by = ("simple.html.anchor-syntax-plain",)
    pattern = rb"<a href="
    replacement = rb"<A href="


class SpellingsListed(RootRewritten):
    """Lists a project once more under another spelling, as pypiserver did with MySQL-python."""

    caught_by = ("simple.html.root.one-anchor-per-project",)
    pattern = rb'(<a href="([^"]+)-main/">)([^<]+)-main</a>'
    replacement = rb"\g<0>\1\3_main</a>"


class SlashInNames(RootRewritten):
    """Writes names with a slash, as a directory listing does."""

    caught_by = (
        "simple.html.root.anchor-text",
        "simple.root.lists-uploads",
        "simple.root.agrees-across-types",
        "simple.name.valid-charset",
    )
    pattern = rb"([^>])</a>"
    replacement = rb"\1/</a>"


class RootLinksIgnoreThePrefix(RootRewritten):
    """Links to `/simple/`, wherever the index is mounted."""

    caught_by = ("simple.html.root.href",)
    pattern = rb'<a href="'
    replacement = rb'<a href="/simple/'


class VersionRewritten(HtmlRewritten):
    """Declares another version of the API in HTML."""

    pattern = rb'(?<=repository-version" content=")[^"]*'


class VersionDeclaredTwice(HtmlRewritten):
    """Declares the version of the API two times."""

    caught_by = ("simple.html.version-meta",)
    pattern = VERSION.pattern
    replacement = rb"\g<0>\g<0>"


class VersionOfThreeNumbers(VersionRewritten):
    """Declares version 1.4.0."""

    caught_by = ("simple.html.version-meta.format", "status.api-version")
    replacement = b"1.4.0"


class VersionTwo(VersionRewritten):
    """Declares version 2.0, which clients have to refuse."""

    caught_by = (
        "simple.html.version-meta.major-1",
        "simple.html.version-meta.frozen",
        "simple.json.version-in-sync",
        "status.api-version",
    )
    replacement = b"2.0"


class VersionOnePointFive(VersionRewritten):
    """Declares version 1.5, which HTML does not have."""

    caught_by = ("simple.html.version-meta.frozen", "simple.json.version-in-sync", "status.api-version")
    replacement = b"1.5"


class OlderVersionOnTheRoot(RootRewritten):
    """Declares version 1.0 on the root page, whatever the other pages declare."""

    caught_by = ("simple.html.version-meta.both-pages",)
    pattern = VersionRewritten.pattern
    replacement = b"1.0"
