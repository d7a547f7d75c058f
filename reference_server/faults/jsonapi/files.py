"""Faults in what a description says of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reference_server.faults.building.descriptions import (
    PROJECT,
    ChangesDescribedFiles,
    ChangesDescriptions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class UrlsOfAllReleases(ChangesDescriptions):
    """Lists the files of all releases in `urls` of a project."""

    caught_by = ("jsonapi.files.urls",)
    acts_on = (PROJECT,)

    def change(self, document: dict[str, Any]) -> None:
        document["urls"] = [file for files in document["releases"].values() for file in files]


class UrlsWithoutSdists(ChangesDescriptions):
    """Lists wheels alone in `urls` of a release that has some."""

    caught_by = ("jsonapi.files.urls",)

    def change(self, document: dict[str, Any]) -> None:
        wheels = [file for file in document["urls"] if file["packagetype"] == "bdist_wheel"]
        document["urls"] = wheels or document["urls"]


class UrlsTwice(ChangesDescriptions):
    """Lists the last file of a release twice."""

    caught_by = ("jsonapi.files.urls",)

    def change(self, document: dict[str, Any]) -> None:
        document["urls"] += document["urls"][-1:]


class ReleasesWithoutPreReleases(ChangesDescriptions):
    """Leaves pre-releases out of `releases` of a project that has others."""

    caught_by = ("jsonapi.files.releases",)
    acts_on = (PROJECT,)

    def change(self, document: dict[str, Any]) -> None:
        releases = document["releases"]
        final = {version: files for version, files in releases.items() if "rc" not in version}
        document["releases"] = final or releases


class ReleasesUnderTheNextVersion(ChangesDescriptions):
    """Lists the files of each release under the next version."""

    caught_by = ("jsonapi.files.releases",)
    acts_on = (PROJECT,)

    def change(self, document: dict[str, Any]) -> None:
        versions, files = list(document["releases"]), list(document["releases"].values())
        document["releases"] = dict(zip([*versions[1:], versions[0]], files, strict=True))


class DeletedFilesDescribed(ChangesDescriptions):
    """Keeps the wheel of a release that was deleted in `releases`."""

    caught_by = ("jsonapi.files.deleted",)
    acts_on = (PROJECT,)

    def change(self, document: dict[str, Any]) -> None:
        (kept, *_), version = document["urls"], document["info"]["version"]
        for deleted, files in document["releases"].items():
            if not files:
                files.append({**kept, "filename": kept["filename"].replace(f"-{version}-", f"-{deleted}-")})


class FilesWithoutAKey(ChangesDescribedFiles):
    """Leaves out `comment_text`, which is always empty."""

    caught_by = ("jsonapi.file.keys",)

    def change_file(self, file: dict[str, Any]) -> None:
        del file["comment_text"]


class DescribedSizesAsText(ChangesDescribedFiles):
    """Writes the size of a file as a text."""

    caught_by = ("jsonapi.file.keys", "jsonapi.file.same-as-simple")

    def change_file(self, file: dict[str, Any]) -> None:
        file["size"] = str(file["size"])


class BlakeDigestsLost(ChangesDescribedFiles):
    """States md5 and sha256 alone, as Pulp does."""

    caught_by = ("jsonapi.file.digests",)

    def change_file(self, file: dict[str, Any]) -> None:
        del file["digests"]["blake2b_256"]


class Md5DigestOfNothing(ChangesDescribedFiles):
    """States the MD5 of no bytes in `md5_digest`."""

    caught_by = ("jsonapi.file.digests",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["md5_digest"] = "d41d8cd98f00b204e9800998ecf8427e"


class DigestsSwapped(ChangesDescribedFiles):
    """States the sha256 of a file as its blake2b_256."""

    caught_by = ("jsonapi.file.digests-right",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["digests"]["blake2b_256"] = file["digests"]["sha256"]


class Sha256OfAnotherFile(ChangesDescribedFiles):
    """States another sha256 than that of the file."""

    caught_by = ("jsonapi.file.digests-right", "jsonapi.file.same-as-simple")

    def change_file(self, file: dict[str, Any]) -> None:
        file["digests"]["sha256"] = file["digests"]["sha256"][::-1]


class FileUrlsWithoutHost(ChangesDescribedFiles):
    """Writes the URLs of files without the host."""

    caught_by = ("jsonapi.file.url",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["url"] = urlsplit(file["url"]).path


class FileUrlsOfTheNext(ChangesDescriptions):
    """States the URL of another file for each file of a release."""

    caught_by = ("jsonapi.file.url",)

    def change(self, document: dict[str, Any]) -> None:
        for files in _lists(document):
            urls = [file["url"] for file in files]
            for file, url in zip(files, [*urls[1:], *urls[:1]], strict=True):
                file["url"] = url


class WheelsAsEggs(ChangesDescribedFiles):
    """States the type of wheels as that of eggs."""

    caught_by = ("jsonapi.file.packagetype",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["packagetype"] = file["packagetype"].replace("wheel", "egg")


class OnePythonTag(ChangesDescribedFiles):
    """Keeps the last of several Python tags of a wheel."""

    caught_by = ("jsonapi.file.packagetype",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["python_version"] = file["python_version"].rpartition(".")[2]


class BuildTagsAsPythonTags(ChangesDescribedFiles):
    """Takes the third part of the name of each wheel for its Python tag, which is a build tag in some."""

    caught_by = ("jsonapi.file.packagetype",)

    def change_file(self, file: dict[str, Any]) -> None:
        if file["packagetype"] == "bdist_wheel":
            file["python_version"] = file["filename"].split("-")[2]


class DescribedRequiresPythonLost(ChangesDescribedFiles):
    """States no Requires-Python of files."""

    caught_by = ("jsonapi.file.same-as-simple",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["requires_python"] = None


class DescribedMetadataDenied(ChangesDescribedFiles):
    """Says of no file that it has a metadata file."""

    caught_by = ("jsonapi.file.core-metadata",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["core-metadata"] = False


class DescribedMetadataWithoutHashes(ChangesDescribedFiles):
    """Says that a file has a metadata file, and not which."""

    caught_by = ("jsonapi.file.core-metadata",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["core-metadata"] = bool(file["core-metadata"])


class DescribedTimesWithoutZone(ChangesDescribedFiles):
    """Writes both times of an upload without a zone."""

    incident = "warehouse #4751"
    caught_by = ("jsonapi.file.upload-time",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["upload_time_iso_8601"] = file["upload_time_iso_8601"].removesuffix("Z")


class DescribedTimesLocal(ChangesDescribedFiles):
    """Writes `upload_time` as the clock of another zone has it."""

    caught_by = ("jsonapi.file.upload-time",)

    def change_file(self, file: dict[str, Any]) -> None:
        day, _, time = file["upload_time"].partition("T")
        hour, _, rest = time.partition(":")
        file["upload_time"] = f"{day}T{(int(hour) + 2) % 24:02}:{rest}"


class YankOfDescribedFilesLost(ChangesDescribedFiles):
    """Says of no file that it is yanked."""

    caught_by = ("jsonapi.file.yanked",)

    def change_file(self, file: dict[str, Any]) -> None:
        file |= {"yanked": False, "yanked_reason": None}


class YankReasonOfDescribedFilesLost(ChangesDescribedFiles):
    """Says that a file is yanked, and never why."""

    caught_by = ("jsonapi.file.yanked",)

    def change_file(self, file: dict[str, Any]) -> None:
        file["yanked_reason"] = None


def _lists(document: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    yield document["urls"]
    yield from document.get("releases", {}).values()
