"""Faults in how simple pages are written as HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.faults import Fault
from reference_server.faults.reading import gitlab_project_of

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage

ROOT = b"<title>Simple index</title>"
SHA256 = re.compile(rb"#sha256=([0-9a-f]{64})")
VERSION = re.compile(rb'    <meta name="pypi:repository-version" content="[^"]*">\n')


class HtmlRewritten(Fault):
    """Replaces what `pattern` matches in a page's source by `replacement`. Pages in JSON stay as they are."""

    pattern: ClassVar[bytes]
    replacement: ClassVar[bytes]

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"<"):
            return body
        return re.sub(self.pattern, self.replacement, body)


class RootRewritten(HtmlRewritten):
    """Does so on the root page only."""

    def rendered(self, body: bytes) -> bytes:
        return super().rendered(body) if ROOT in body else body


# the document


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


# the list of projects


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


# the page of a project


class SignaturesListed(HtmlRewritten):
    """Lists a signature as if it were a file."""

    caught_by = (
        "simple.html.detail.one-anchor-per-file",
        "simple.html.detail.href",
        "simple.json.detail.same-as-html",
        "gitlab.page.lists-exactly-the-uploads",
        "gitlab.page.hash",
        "gitlab.page.links-work",
        "gitlab.page.requires-python",
        "yank.html-json-agree",
    )
    pattern = rb'(<a href="[^"#]+)(#[^"]*"[^>]*>)([^<]+\.tar\.gz)</a>'
    replacement = rb"\g<0><br>\1.asc\2\3.asc</a>"


class LinksOneLevelOff(HtmlRewritten):
    """Links to sdists one level too high."""

    incident = "uv #1393"
    caught_by = (
        "simple.html.detail.href",
        "simple.file.bytes-exact",
        "gitlab.file.bytes-exact",
        "gitlab.page.links-work",
    )
    pattern = rb'<a href="\.\./\.\./(files/[^"]+\.tar\.gz)'
    replacement = rb'<a href="../\1'


class LinksEndWithASlash(HtmlRewritten):
    """Puts a slash after the name of an sdist in its URL."""

    caught_by = ("simple.html.detail.text-is-filename",)
    pattern = rb"\.tar\.gz#"
    replacement = rb".tar.gz/#"


# hashes


class SdistsWithoutHashes(HtmlRewritten):
    """Leaves the hash out of the links to sdists."""

    caught_by = ("simple.html.hash.present", "gitlab.page.hash")
    pattern = rb"\.tar\.gz#sha256=[0-9a-f]+"
    replacement = rb".tar.gz"


class HashNamesInCapitals(HtmlRewritten):
    """Writes `#SHA256=`, which clients do not read."""

    caught_by = ("simple.html.hash.syntax", "gitlab.page.hash")
    pattern = rb"#sha256="
    replacement = rb"#SHA256="


class ChecksumsForHashes(HtmlRewritten):
    """Shows a CRC, which hashlib does not know."""

    caught_by = (
        "simple.html.hash.guaranteed-algorithm",
        "simple.html.hash.sha256",
        "gitlab.page.hash",
    )
    pattern = rb"#sha256=([0-9a-f]{8})[0-9a-f]+"
    replacement = rb"#crc32=\1"


class OnlyMd5(Fault):
    """Shows md5 where sha256 is recommended, as CodeArtifact was seen to."""

    incident = "aws-cdk #21865"
    caught_by = ("simple.html.hash.sha256", "simple.json.detail.same-as-html", "gitlab.page.hash")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and response.status_code == 200:
            packages = request.registry.packages(gitlab_project_of(request), name=request.arguments["name"])
            md5 = {file.sha256.encode(): file.digests["md5"].encode() for p in packages for file in p.files}
            response.data = SHA256.sub(lambda match: b"#md5=" + md5[match[1]], response.data)
        return response


class HashesOfOtherBytes(HtmlRewritten):
    """Shows a hash that is not the sdist's."""

    caught_by = ("simple.html.hash.correct", "simple.json.detail.same-as-html", "gitlab.page.hash")
    pattern = rb"(\.tar\.gz#sha256=)[0-9a-f]{32}"
    replacement = rb"\g<1>00000000000000000000000000000000"


# the version of the API


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


# Requires-Python


class RequiresPythonCutShort(Fault):
    """Shows a Requires-Python up to its first comma."""

    caught_by = ("simple.html.requires-python.exposed", "simple.json.file.requires-python")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(
                file, requires_python=file.requires_python and file.requires_python.partition(",")[0]
            )
        )


class RequiresPythonNotEscaped(HtmlRewritten):
    """Writes `>` as it is."""

    caught_by = ("simple.html.requires-python.escaped",)
    pattern = rb"&gt;"
    replacement = rb">"


class RequiresPythonNone(Fault):
    """Writes `None` for a file that requires no Python."""

    caught_by = (
        "simple.html.requires-python.absent-when-unset",
        "simple.json.file.requires-python",
        "gitlab.page.requires-python",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, requires_python=file.requires_python or "None"))


class RequiresPythonPerVersion(Fault):
    """Shows the first file's Requires-Python on every file of a version."""

    incident = "warehouse #18482"
    caught_by = (
        "simple.html.requires-python.per-file",
        "simple.html.requires-python.exposed",
        "simple.json.file.requires-python",
        "gitlab.page.requires-python",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        first: dict[str, str | None] = {}
        for file in page.files:
            first.setdefault(self._version(file), file.requires_python)
        return page.each(lambda file: replace(file, requires_python=first[self._version(file)]))

    @staticmethod
    def _version(file: FileLink) -> str:
        return file.filename.removesuffix(".tar.gz").split("-")[1]


# signatures


class SignaturesOneOrZero(HtmlRewritten):
    """Writes `data-gpg-sig="0"`."""

    caught_by = ("simple.html.gpg-sig.value",)
    pattern = rb'(<a href="[^"]+#[^"]+")'
    replacement = rb'\1 data-gpg-sig="0"'


class SignaturesOfSdistsOnly(HtmlRewritten):
    """Says of sdists only whether there is a signature."""

    caught_by = ("simple.html.gpg-sig.every-link",)
    pattern = rb'(<a href="[^"]+\.tar\.gz#[^"]+")'
    replacement = rb'\1 data-gpg-sig="false"'


class SignaturesPromised(HtmlRewritten):
    """Promises signatures that are not there."""

    caught_by = ("simple.html.gpg-sig.location",)
    pattern = rb'(<a href="[^"]+#[^"]+")'
    replacement = rb'\1 data-gpg-sig="true"'
