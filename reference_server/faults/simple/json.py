"""Faults in pages in JSON. The same page in HTML is right."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reference_server.faults.building.rewritten_pages import ChangesJson, ChangesKeys, ChangesVersions
from reference_server.faults.fault import Fault
from reference_server.model.grammar import version_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_server.rendering.pages import FileLink, ProjectPage, RootPage

BUILT_PARTS = 6
"""How many parts the name of a wheel with a build tag has."""


class RootInAnArray(ChangesJson):
    """Wraps the root page in an array."""

    caught_by = (
        "simple.json.is-object",
        "simple.json.meta",
        "simple.json.api-version",
        "simple.json.root.projects",
        "negotiation.content-type.truthful",
        "simple.root.lists-uploads",
    )

    def written(self, body: bytes) -> bytes:
        return b"[" + body + b"]" if "projects" in json.loads(body) else body


class ByteOrderMark(ChangesJson):
    """Begins JSON with a byte order mark."""

    caught_by = ("simple.json.wellformed",)

    def written(self, body: bytes) -> bytes:
        return b"\xef\xbb\xbf" + body


class NotANumber(ChangesJson):
    """Writes NaN, as Python's json module does by default."""

    caught_by = ("simple.json.wellformed",)

    def change(self, document: dict[str, Any]) -> None:
        document["_score"] = float("nan")


class KeyTwice(ChangesJson):
    """Writes a key twice, as string templates do."""

    caught_by = ("simple.json.wellformed",)

    def written(self, body: bytes) -> bytes:
        meta = json.dumps({"meta": json.loads(body)["meta"]}).encode()
        return meta.removesuffix(b"}") + b"," + body.removeprefix(b"{")


class RootWithoutMeta(Fault):
    """Writes null for `meta` on the root page."""

    caught_by = ("simple.json.meta", "simple.json.api-version")

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={**page.keys, "meta": None})


class ApiVersionAsNumber(Fault):
    """Declares the version of the root page as a number."""

    caught_by = ("simple.json.api-version",)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={**page.keys, "meta": {"api-version": 1.4}})


class ApiVersionTwo(Fault):
    """Declares version 2.0 under the media type of version 1."""

    caught_by = ("simple.json.api-version.major-1",)

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={**page.keys, "meta": {"api-version": "2.0"}})


class ApiVersionBehindContent(Fault):
    """Declares version 1.2 but writes `provenance`, as Pulp does at 1.1."""

    caught_by = (
        "simple.json.api-version.covers-content",
        "provenance.api-version",
        "simple.html.version-meta.both-pages",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if page.status or any(file.provenance for file in page.files):
            return page
        no_provenance = page.each(lambda file: replace(file, keys={**file.keys, "provenance": None}))
        return replace(no_provenance, repository_version="1.2")


class VersionsLeftOut(Fault):
    """Declares version 1.4 without `versions`, as ProGet declared 1.1."""

    caught_by = (
        "simple.json.api-version.delivers",
        "simple.json.versions.present",
        "simple.json.versions.covers-files",
        "simple.json.versions.complete",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, versions=None)


class SizesLeftOut(Fault):
    """Declares version 1.4 without file sizes, as the sjtug mirror declared 1.1."""

    caught_by = ("simple.json.api-version.delivers", "simple.json.file.size")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, size=None))


class JsonBehindHtml(Fault):
    """Declares version 1.3 in JSON but 1.4 in HTML."""

    caught_by = ("simple.json.version-in-sync",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        meta = {"api-version": "1.3"}
        return page if page.status else replace(page, keys={**page.keys, "meta": meta})


class ProjectsAsStrings(Fault):
    """Lists projects as plain strings."""

    caught_by = (
        "simple.json.root.projects",
        "simple.root.lists-uploads",
    )

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, keys={"projects": [project.name for project in page.projects]})


class ProjectsWithUrls(Fault):
    """Writes a project's URL next to its name."""

    caught_by = ("simple.json.root.entry-keys",)

    def root_page(self, page: RootPage) -> RootPage:
        entries = [{"name": project.name, "url": project.url} for project in page.projects]
        return replace(page, keys={"projects": entries})


class ProjectsTwice(Fault):
    """Lists a project once per spelling, as an index that inherits from another does."""

    caught_by = ("simple.json.root.unique",)

    def root_page(self, page: RootPage) -> RootPage:
        names = [project.name for project in page.projects]
        names += [name.replace("-", "_").upper() for name in names]
        return replace(page, keys={"projects": [{"name": name} for name in names]})


class DisplayNameOnPage(Fault):
    """Writes the name as the first upload spelled it."""

    caught_by = ("simple.json.detail.name",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, keys={**page.keys, "name": page.name})


class FileTwiceInJson(ChangesJson):
    """Lists a file twice in JSON."""

    caught_by = ("simple.json.detail.files",)

    def change(self, document: dict[str, Any]) -> None:
        document.get("files", []).extend(document.get("files", [])[:1])


class SdistsOnlyInHtml(ChangesJson):
    """Omits sdists from JSON."""

    caught_by = ("simple.json.detail.same-as-html",)

    def change(self, document: dict[str, Any]) -> None:
        if "files" in document:
            document["files"] = [file for file in document["files"] if file["filename"].endswith(".whl")]


class VersionsAsNumbers(ChangesVersions):
    """Writes versions such as 1.0 as numbers, so that 1.10 becomes 1.1."""

    caught_by = ("simple.json.versions.present", "simple.json.versions.complete")

    def versions(self, versions: list[str]) -> list[Any]:
        return [float(each) if each.replace(".", "", 1).isdecimal() else each for each in versions]


class VersionsTwice(ChangesVersions):
    """Lists a version once per file."""

    caught_by = ("simple.json.versions.set",)

    def versions(self, versions: list[str]) -> list[Any]:
        return [*versions, *versions]


class LastVersionMissing(ChangesVersions):
    """Omits the latest version from `versions`."""

    caught_by = ("simple.json.versions.covers-files", "simple.json.versions.complete")

    def versions(self, versions: list[str]) -> list[Any]:
        return versions[:-1]


class LastZerosOfVersionsCut(ChangesVersions):
    """Lists versions that look like numbers as such: `1.10` as `1.1`."""

    caught_by = ("simple.json.versions.complete",)

    def versions(self, versions: list[str]) -> list[Any]:
        return [str(float(each)) if re.fullmatch(r"\d+\.\d+", each) else each for each in versions]


class VersionsOfWheels(Fault):
    """Lists the versions of wheels alone in `versions`."""

    caught_by = ("simple.json.versions.complete",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        parts = [file.filename.split("-") for file in page.files if file.filename.endswith(".whl")]
        of_wheels = {version_key(each[1]) for each in parts}
        kept = (each for each in page.versions or () if version_key(each) in of_wheels)
        return replace(page, versions=tuple(kept))


class VersionsWithBuildTags(Fault):
    """Takes a wheel's build tag for the end of its version, as pypicloud once did."""

    incident = "pypicloud #154"
    caught_by = ("simple.json.versions.complete",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        wheels = [file.filename.removesuffix(".whl") for file in page.files if file.filename.endswith(".whl")]
        tagged = {parts[1]: parts[2] for each in wheels if len(parts := each.split("-")) == BUILT_PARTS}
        return replace(
            page,
            versions=tuple(
                f"{each}-{tagged[each]}" if each in tagged else each for each in page.versions or ()
            ),
        )


class VersionsWithAPrefix(ChangesVersions):
    """Lists versions with a leading `v`, as tags have it."""

    caught_by = ("simple.json.versions.normalized",)

    def versions(self, versions: list[str]) -> list[Any]:
        return [f"v{each}" for each in versions]


class PrivateKeysWithoutUnderscore(ChangesKeys):
    """Writes a private key without a leading underscore."""

    caught_by = ("simple.json.private-keys",)

    def keys(self, file: FileLink) -> Mapping[str, Any]:
        return {"downloads": 0}


class ProvenanceUnderItsOwnKey(Fault):
    """Writes the URL of provenance in JSON under a key of its own, without a leading underscore."""

    caught_by = ("simple.json.private-keys",)

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: (
                replace(file, keys={**file.keys, "provenance-url": file.provenance})
                if isinstance(file.provenance, str)
                else file
            )
        )
