"""Faults in the fields and the size of an upload, and in what is kept of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reference_server.faults.building.refused_uploads import RejectsAfterStoring
from reference_server.faults.building.requests import body_of
from reference_server.faults.building.upload_forms import parts_of, values_of
from reference_server.faults.fault import Fault
from reference_server.http.json_responses import json_answer, refusal
from reference_server.model.errors import FileTooLargeError, InvalidFieldError, RegistryError

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rules import Rules

FIELDS = frozenset(
    {":action", "protocol_version", "metadata_version", "name", "version", "summary", "description"}
    | {"description_content_type", "author", "license", "requires_python", "requires_dist", "dynamic"}
    | {"filetype", "pyversion", "comment", "md5_digest", "sha256_digest", "blake2_256_digest", "content"}
)


class DependenciesRefused(Fault):
    """Rejects distributions with dependencies."""

    caught_by = ("gitlab.upload.unknown-fields",)

    def handle(self, request: Request) -> Response | None:
        needy = request.endpoint == "upload" and "requires_dist" in parts_of(request)
        return refusal(InvalidFieldError("requires_dist")) if needy else None


class SdistsRefused(Fault):
    """Rejects sdists."""

    caught_by = (
        "gitlab.upload.sdist",
        "clients.twine.wheel-and-sdist",
        "clients.twine.bytes",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_filename=lambda filename: filename.endswith(".whl"))


class OneFilePerVersion(Fault):
    """Stores one file per version: the next one replaces it."""

    caught_by = (
        "gitlab.upload.wheel",
        "gitlab.upload.files-of-one-version",
        "gitlab.upload.versions-of-one-project",
        "gitlab.duplicate.refused",
        "gitlab.duplicate.message",
        "gitlab.duplicate.other-content-refused",
        "gitlab.duplicate.keeps-first",
        "gitlab.version.accepts-every-match",
        "gitlab.name.separators-equal",
        "gitlab.name.runs-collapsed",
        "gitlab.name.case-ignored",
        "gitlab.name.every-spelling-one-page",
        "gitlab.page.lists-exactly-the-uploads",
        "gitlab.page.requires-python",
        "gitlab.page.hash",
        "gitlab.file.url",
        "gitlab.file.bytes-exact",
        "gitlab.project.encoded-path",
        "gitlab.token.any-user-name",
        "gitlab.token.read-api-reads",
        "gitlab.token.deploy-read-reads",
        "gitlab.token.job-reads",
        "gitlab.access.reporter-reads",
        "gitlab.rest.package-files",
        "clients.pip.index-url",
        "clients.pip.extra-index-url",
        "clients.pip.credentials-percent-encoded",
        "clients.pip.pinned",
        "clients.pip.hash-checked",
        "clients.twine.wheel-and-sdist",
        "clients.twine.bytes",
        "clients.twine.duplicate-fails",
        "clients.twine.duplicate-message",
        "clients.twine.duplicate-changes-nothing",
        "gitlab.token.job-allowed",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, is_duplicate=lambda *_files: True, duplicates="replace")


class FileMustComeLast(Fault):
    """Rejects forms with fields after the file, as streaming parsers do."""

    caught_by = ("gitlab.upload.field-order",)

    def handle(self, request: Request) -> Response | None:
        late = request.endpoint == "upload" and "content" in parts_of(request)[:-1]
        return refusal(InvalidFieldError("content")) if late else None


class UnknownFieldsRefused(Fault):
    """Rejects unknown fields of the form, as Pulp does with metadata versions."""

    incident = "pulp_python #1321"
    caught_by = ("gitlab.upload.unknown-fields",)

    def handle(self, request: Request) -> Response | None:
        unknown = request.endpoint == "upload" and set(parts_of(request)) - FIELDS
        return refusal(InvalidFieldError(min(unknown))) if unknown else None


class LongFieldsRefused(Fault):
    """Rejects text fields of more than 500 kB, as form parsers do by default."""

    caught_by = ("gitlab.upload.long-description",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint != "upload":
            return None
        long = re.search(rb'name="description"\r\n\r\n.{500000}', body_of(request), re.DOTALL)
        return refusal(FileTooLargeError()) if long else None


class CreatedWithoutAFile(Fault):
    """Reports an upload without a file as created."""

    caught_by = ("gitlab.upload.without-file-refused",)

    def handle(self, request: Request) -> Response | None:
        empty = request.endpoint == "upload" and "content" not in parts_of(request)
        return json_answer({"message": "201 Created"}, status=201) if empty else None


class NameNotRequired(Fault):
    """Accepts uploads without a name."""

    caught_by = ("gitlab.upload.without-name-refused",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            required_fields=("content", "version"),
            valid_name=lambda name: not name or rules.valid_name(name),
            filename_agrees=lambda file, name, version: (
                not name or rules.filename_agrees(file, name, version)
            ),
        )


class VersionNotRequired(Fault):
    """Accepts uploads without a version."""

    caught_by = ("gitlab.upload.without-version-refused",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            required_fields=("content", "name"),
            valid_version=lambda version: not version or rules.valid_version(version),
            filename_agrees=lambda file, name, version: (
                not version or rules.filename_agrees(file, name, version)
            ),
        )


class HalfTheSize(Fault):
    """Accepts files up to half the documented limit, as behind a proxy with a limit of its own."""

    caught_by = ("gitlab.size.up-to-limit-accepted",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, max_file_size=(rules.max_file_size or 0) // 2)


class AnySize(Fault):
    """Accepts files of any size."""

    caught_by = (
        "gitlab.size.over-limit-refused",
        "gitlab.size.over-limit-leaves-nothing",
        "upload.size-limit",
    )

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, max_file_size=None)


class SizeCheckedAfterStoring(RejectsAfterStoring):
    """Rejects files above the size limit only after it has stored them."""

    caught_by = ("gitlab.size.over-limit-leaves-nothing", "upload.size-limit")

    def rules(self, rules: Rules) -> Rules:
        self._limit = rules.max_file_size or 0
        return replace(rules, max_file_size=None)

    def rejection(self, request: Request) -> RegistryError | None:
        size = max(map(len, values_of(request, "content")), default=0)
        return FileTooLargeError() if size > self._limit else None
