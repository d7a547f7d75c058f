"""Faults in the links to files in HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import gitlab_project_of
from reference_server.faults.building.rewritten_pages import RewritesHtml
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import FileLink, ProjectPage

SHA256 = re.compile(rb"#sha256=([0-9a-f]{64})")


class SignaturesListed(RewritesHtml):
    """Lists a signature as a file."""

    caught_by = (
        "simple.html.detail.one-anchor-per-file",
        "simple.html.detail.href",
        "simple.json.detail.same-as-html",
        "gitlab.page.lists-exactly-the-uploads",
        "gitlab.page.hash",
        "gitlab.page.links-work",
        "gitlab.page.requires-python",
    )
    pattern = rb'(<a href="[^"#]+)(#[^"]*"[^>]*>)([^<]+\.tar\.gz)</a>'
    replacement = rb"\g<0><br>\1.asc\2\3.asc</a>"


class LinksOneLevelOff(RewritesHtml):
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


class LinksEndWithASlash(RewritesHtml):
    """Ends the URL of an sdist with a slash."""

    caught_by = ("simple.html.detail.text-is-filename",)
    pattern = rb"\.tar\.gz#"
    replacement = rb".tar.gz/#"


class SdistsWithoutHashes(RewritesHtml):
    """Omits the hash from the links to sdists."""

    caught_by = ("simple.html.hash.present", "gitlab.page.hash")
    pattern = rb"\.tar\.gz#sha256=[0-9a-f]+"
    replacement = rb".tar.gz"


class HashNamesInCapitals(RewritesHtml):
    """Writes `#SHA256=`, which clients do not read."""

    caught_by = ("simple.html.hash.syntax", "gitlab.page.hash")
    pattern = rb"#sha256="
    replacement = rb"#SHA256="


class ChecksumsForHashes(RewritesHtml):
    """Lists a CRC, which hashlib does not provide."""

    caught_by = (
        "simple.html.hash.guaranteed-algorithm",
        "simple.html.hash.sha256",
        "gitlab.page.hash",
    )
    pattern = rb"#sha256=([0-9a-f]{8})[0-9a-f]+"
    replacement = rb"#crc32=\1"


class OnlyMd5(Fault):
    """Lists md5 instead of sha256, as CodeArtifact was seen to."""

    incident = "aws-cdk #21865"
    caught_by = ("simple.html.hash.sha256", "gitlab.page.hash")

    def respond(self, request: Request, response: Response) -> Response:
        if request.endpoint == "project_page" and response.status_code == 200:
            packages = request.registry.packages(gitlab_project_of(request), name=request.arguments["name"])
            md5 = {file.sha256.encode(): file.digests["md5"].encode() for p in packages for file in p.files}
            response.data = SHA256.sub(lambda match: b"#md5=" + md5[match[1]], response.data)
        return response


class HashesOfOtherBytes(RewritesHtml):
    """Lists a wrong hash for sdists."""

    caught_by = ("simple.html.hash.correct", "simple.json.detail.same-as-html", "gitlab.page.hash")
    pattern = rb"(\.tar\.gz#sha256=)[0-9a-f]{32}"
    replacement = rb"\g<1>00000000000000000000000000000000"


class RequiresPythonCutShort(Fault):
    """Truncates Requires-Python at its first comma."""

    caught_by = ("simple.html.requires-python.exposed", "simple.json.file.requires-python")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(
                file, requires_python=file.requires_python and file.requires_python.partition(",")[0]
            )
        )


class RequiresPythonSanitized(Fault):
    """Strips what looks like HTML tags from Requires-Python: of `<4,>=3.8` the first clause is gone."""

    caught_by = ("simple.html.requires-python.exposed", "simple.json.file.requires-python")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(
                file, requires_python=file.requires_python and re.sub("<[^>]*>", "", file.requires_python)
            )
        )


class RequiresPythonNotEscaped(RewritesHtml):
    """Writes the `>` in Requires-Python unescaped."""

    caught_by = ("simple.html.requires-python.escaped",)
    pattern = rb"&gt;"
    replacement = rb">"


class FirstSignEscaped(Fault):
    """Escapes the first `<` and the first `>` of a Requires-Python alone."""

    caught_by = ("simple.html.requires-python.escaped",)

    def rendered(self, body: bytes) -> bytes:
        return re.sub(rb'(?<=data-requires-python=")[^"]*', _others_unescaped, body)


def _others_unescaped(value: re.Match[bytes]) -> bytes:
    text = value[0]
    for written, sign in ((b"&lt;", b"<"), (b"&gt;", b">")):
        before, first, rest = text.partition(written)
        text = before + first + rest.replace(written, sign)
    return text


class RequiresPythonWithBlanksLeftOut(Fault):
    """Lists no Requires-Python that has a blank."""

    caught_by = ("simple.html.requires-python.exposed",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(file, requires_python=None) if " " in (file.requires_python or "") else file
        )


class RequiresPythonNone(Fault):
    """Writes `None` if a file has no Requires-Python."""

    caught_by = (
        "simple.html.requires-python.absent-when-unset",
        "simple.json.file.requires-python",
        "gitlab.page.requires-python",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, requires_python=file.requires_python or "None"))


class RequiresPythonPerVersion(Fault):
    """Lists every file of a version with the Requires-Python of the first one."""

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


class SignaturesOneOrZero(RewritesHtml):
    """Writes `data-gpg-sig="0"`."""

    caught_by = ("simple.html.gpg-sig.value",)
    pattern = rb'(<a href="[^"]+#[^"]+")'
    replacement = rb'\1 data-gpg-sig="0"'


class SignaturesOfSdistsOnly(RewritesHtml):
    """Writes `data-gpg-sig` for sdists only."""

    caught_by = ("simple.html.gpg-sig.every-link",)
    pattern = rb'(<a href="[^"]+\.tar\.gz#[^"]+")'
    replacement = rb'\1 data-gpg-sig="false"'


class SignaturesPromised(RewritesHtml):
    """Announces signatures that do not exist."""

    caught_by = ("simple.html.gpg-sig.location",)
    pattern = rb'(<a href="[^"]+#[^"]+")'
    replacement = rb'\1 data-gpg-sig="true"'
