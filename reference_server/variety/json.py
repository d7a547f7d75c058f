"""Variations in the JSON of pages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from reference_server.variety.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "simple-api"
DETAIL = f"{API}#simple-repository-json-project-detail"


class JsonVariation(Variation):
    """Base of variations that rewrite the object of a page in JSON."""

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"{"):
            return body
        changed = self.page(json.loads(body))
        return json.dumps(changed, separators=(",", ":"), ensure_ascii=False).encode()

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        """Return the varied page."""
        return page | {"files": [self.file(file) for file in page["files"]]} if "files" in page else page

    def file(self, file: dict[str, Any]) -> dict[str, Any]:
        """Return the varied file."""
        return file


class PrivateKeys(JsonVariation):
    """Adds private keys, which begin with an underscore, to every object."""

    source = f"{API}#json-serialization"
    left_open = "Keys that begin with an underscore are reserved for the server."

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        page = super().page(page)
        if "projects" in page:
            page["projects"] = [{"_id": 7, **project} for project in page["projects"]]
        return {"_next": None, **page, "meta": {**page["meta"], "_node": [1, 2.5e3]}, "_": {"files": []}}

    def file(self, file: dict[str, Any]) -> dict[str, Any]:
        digests = {
            key: {**file[key], "_cached": True}
            for key in ("hashes", "core-metadata")
            if isinstance(file.get(key), dict)
        }
        return {"_url": "about:blank", **file, **digests, "_downloads": -1}


class LaterVersion(JsonVariation):
    """Declares a later minor version, and writes keys that it defines."""

    source = f"{API}#versioning"
    left_open = "A later minor version may add keys; clients go on where the major version is the same."

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        page = super().page(page)
        if "projects" in page:
            page["projects"] = [{**project, "later": [1]} for project in page["projects"]]
        return {**page, "later": {}, "meta": {**page["meta"], "api-version": "1.90", "later": None}}

    def file(self, file: dict[str, Any]) -> dict[str, Any]:
        return {**file, "later": {"a": 1}}


class YankedLeftOut(JsonVariation):
    """Omits `yanked` for files that are not yanked."""

    source = DETAIL
    left_open = "`yanked` is optional, and defaults to false."

    def file(self, file: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in file.items() if (key, value) != ("yanked", False)}


class YankReasonsLeftOut(JsonVariation):
    """Writes true for a file that is yanked for a reason."""

    source = DETAIL
    left_open = "`yanked` may be a boolean or the reason."

    def file(self, file: dict[str, Any]) -> dict[str, Any]:
        return file | {"yanked": True} if file.get("yanked") else file


class MetadataLeftOut(JsonVariation):
    """Announces no metadata file."""

    source = "simple-api#versioning"
    left_open = "A feature may be present in only one of the forms."

    def file(self, file: dict[str, Any]) -> dict[str, Any]:
        left_out = {"core-metadata", "dist-info-metadata"}
        return {key: value for key, value in file.items() if key not in left_out or value is False}


class MetadataDenied(JsonVariation):
    """Writes false for the metadata of files without a metadata file, under both names."""

    source = DETAIL
    left_open = "`core-metadata` may be false, which means the same as its absence."

    def file(self, file: dict[str, Any]) -> dict[str, Any]:
        return (
            file if "core-metadata" in file else {**file, "core-metadata": False, "dist-info-metadata": False}
        )


class ProvenanceNull(JsonVariation):
    """Writes null for the provenance of files without provenance."""

    source = DETAIL
    left_open = "`provenance` may be null, which means that there is none."

    def file(self, file: dict[str, Any]) -> dict[str, Any]:
        return {"provenance": None, **file}


class KeyOrder(JsonVariation):
    """Writes the keys of every object in another order."""

    source = "rfc8259#section-4"
    left_open = "The members of an object are unordered."
    options = ("shuffled", "sorted", "backwards")

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        ordered: dict[str, Any] = self._ordered(page)
        return ordered

    def _ordered(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._ordered(each) for each in value]
        if not isinstance(value, dict):
            return value
        keys = {"sorted": sorted(value), "backwards": sorted(value, reverse=True)}
        return {key: self._ordered(value[key]) for key in keys.get(self.option) or self.shuffled(value)}


class Layout(JsonVariation):
    """Writes JSON with other white space, or with escapes. Must follow the others."""

    source = "rfc8259#section-2"
    left_open = "White space may surround tokens, and any character of a string may be escaped."
    options = ("indented", "spaced", "escaped", "escaped letters", "escaped slashes", "tabs")
    dumped: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "indented": {"indent": 2, "ensure_ascii": False},
        "spaced": {"separators": (" ,\r\n", " : "), "ensure_ascii": False},
        "tabs": {"indent": "\t"},
    }

    def rendered(self, body: bytes) -> bytes:
        if not body.startswith(b"{"):
            return body
        written = json.dumps(json.loads(body), **self.dumped.get(self.option, {}))
        if self.option in {"escaped letters", "escaped slashes"}:
            escaped = {"e": r"\u0065", "-": r"\u002D"} if self.option == "escaped letters" else {"/": r"\/"}
            written = re.sub(
                r'"(?:[^"\\]|\\.)*"',
                lambda string: re.sub(
                    r"\\u....|\\.|[e/-]", lambda match: escaped.get(match[0], match[0]), string[0]
                ),
                written,
            )
        return f"\n{written}\n".encode() if self.option == "spaced" else written.encode()
