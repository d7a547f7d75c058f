"""Variations in the content of pages, in HTML and JSON alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from reference_server.variety.markup import Attribute, Tag, read, write
from reference_server.variety.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_server.rendering.pages import FileLink, ProjectPage, RootPage
    from reference_server.rules.rules import Rules
    from reference_server.variety.variation import Item

API = "simple-api"
ORDERS = ("reversed", "shuffled")


class _Ordered(Variation):
    """Base of variations that reorder something."""

    options = ORDERS

    def ordered(self, items: tuple[Item, ...], *about: object) -> tuple[Item, ...]:
        """Return the items in the order of the option."""
        return items[::-1] if self.option == "reversed" else tuple(self.shuffled(items, *about))


class FileOrder(_Ordered):
    """Lists the files of a project in another order."""

    source = f"{API}#simple-repository-json-project-detail"
    left_open = "The order of files is unspecified, in HTML and in JSON."

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, files=self.ordered(page.files, page.name))


class VersionOrder(_Ordered):
    """Lists the versions of a project in another order."""

    source = f"{API}#simple-repository-json-project-detail"
    left_open = "`versions` is a set, whose order has no meaning."

    def project_page(self, page: ProjectPage) -> ProjectPage:
        versions = page.versions
        return page if versions is None else replace(page, versions=self.ordered(versions, page.name))


class ProjectOrder(_Ordered):
    """Lists the projects in another order."""

    source = f"{API}#simple-repository-json-project-list"
    left_open = "The order of projects is unspecified."

    def root_page(self, page: RootPage) -> RootPage:
        return replace(page, projects=self.ordered(tuple(page.projects)))


class DisplayNames(Variation):
    """Spells names on the root page as their first or last upload did."""

    source = f"{API}#simple-repository-html-project-list"
    left_open = "The text of an anchor is the project's name, normalized or not."
    options = ("first", "last")

    def rules(self, rules: Rules) -> Rules:
        place = 0 if self.option == "first" else -1
        return replace(rules, display_name=lambda packages: packages[place].name)


class VersionsWithoutFiles(Variation):
    """Lists a version whose files were all deleted."""

    source = f"{API}#simple-repository-json-project-detail"
    left_open = "`versions` may contain versions without files."

    def project_page(self, page: ProjectPage) -> ProjectPage:
        if page.versions is None or "0.dev0" in page.versions:
            return page
        return replace(page, versions=("0.dev0", *page.versions))


class ActiveStatus(Variation):
    """Marks active projects as active."""

    source = "project-status#specification"
    left_open = "The status of an active project may be present or absent."

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return replace(page, status=page.status or "active")


class SignaturesDenied(Variation):
    """Declares that no file has a signature."""

    source = f"{API}#simple-repository-html-project-detail"
    left_open = "A repository may declare for every file whether it has a signature."

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(
            lambda file: replace(
                file,
                attributes={**file.attributes, "data-gpg-sig": "false"},
                keys={**file.keys, "gpg-sig": False},
            )
        )


class OldMetadataName(Variation):
    """Announces metadata files under the old name as well."""

    source = "pep714#servers"
    left_open = "The old name may be present beside the new one, with the same value."

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(self._twice)

    @staticmethod
    def _twice(file: FileLink) -> FileLink:
        announced = file.data.get("data-core-metadata")
        if announced is None or file.core_metadata is None:
            return file
        value = file.core_metadata if isinstance(file.core_metadata, bool) else dict(file.core_metadata)
        return replace(
            file,
            attributes={**file.attributes, "data-dist-info-metadata": announced},
            keys={**file.keys, "dist-info-metadata": value},
        )


class UploadTimes(Variation):
    """Writes upload times with fewer digits, or none at all."""

    source = f"{API}#simple-repository-json-project-detail"
    left_open = "`upload-time` is optional, and has at most six digits of a second."
    options = ("milliseconds", "left out")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, upload_time=self._shortened(file.upload_time)))

    def _shortened(self, time: str | None) -> str | None:
        return time and f"{time[: -len('000Z')]}Z" if self.option == "milliseconds" else None


class MoreHashes(Variation):
    """Adds a second hash to sha256 in JSON; HTML has room for one only."""

    source = f"{API}#simple-repository-json-project-detail"
    left_open = "`hashes` may contain several hashes as long as one is secure."

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, listed_hashes=("sha256", "md5"))


class Links(Variation):
    """Writes links in other ways that resolve to the same URL."""

    source = f"{API}#simple-repository-html-project-detail"
    left_open = "URLs may be absolute or relative, as RFC 3986 defines."
    options = ("absolute", "path", "network path", "dotted")

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, url=self._written(file.url, page.url)))

    def root_page(self, page: RootPage) -> RootPage:
        return page.each(lambda project: replace(project, url=self._written(project.url, page.url)))

    def _written(self, url: str, base: str) -> str:
        absolute = urlsplit(urljoin(base, url))
        if not base or (urlsplit(url).scheme and urlsplit(base).netloc != absolute.netloc):
            return url
        if self.option == "dotted":
            return url if urlsplit(url).netloc or url.startswith("/") else f"./{url}"
        kept = {"absolute": {}, "network path": {"scheme": ""}, "path": {"scheme": "", "netloc": ""}}
        return absolute._replace(**kept[self.option]).geturl()


class Base(Variation):
    """Writes a `<base>` in HTML, to which links are relative; in JSON they are absolute.

    The base is absolute: pip and uv do not resolve a relative one.
    """

    source = "html#the-base-element"
    left_open = "The element `base` sets the URL that the links of a document are relative to."

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, url=urljoin(page.url, file.url)))

    def root_page(self, page: RootPage) -> RootPage:
        return page.each(lambda project: replace(project, url=urljoin(page.url, project.url)))

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"<"):
            return body
        tokens = read(body)
        hrefs = [token.value("href") for token in tokens if isinstance(token, Tag) and token.opens("a")]
        base = _common_folder(hrefs)
        if not base.startswith("http"):
            return body
        changed = [
            token.with_value("href", token.value("href").removeprefix(base))
            if isinstance(token, Tag) and token.opens("a")
            else token
            for token in tokens
        ]
        head = next(
            place for place, token in enumerate(changed) if isinstance(token, Tag) and token.opens("meta")
        )
        changed.insert(head, Tag("base", (Attribute("href", base),)))
        return write(changed)


def _common_folder(urls: Iterable[str]) -> str:
    """Return the common start of all URLs, up to a slash after the host; empty if there is none."""
    urls = list(urls)
    first, last = min(urls, default=""), max(urls, default="")
    same = next((at for at, pair in enumerate(zip(first, last, strict=False)) if len({*pair}) > 1), len(last))
    folder = first[:same].rpartition("/")[0] + "/"
    return folder if folder.count("/") > len("//") else ""
