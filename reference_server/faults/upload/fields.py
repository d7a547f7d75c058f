"""Faults in the fields of the form."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from reference_server.faults.building.requests import body_of
from reference_server.faults.building.upload_forms import (
    FailsOnForms,
    RefusesForms,
    parts_of,
    pieces_of,
    text_of,
    values_of,
)
from reference_server.faults.fault import Fault

if TYPE_CHECKING:
    from werkzeug import Response

    from reference_server.http.request import Request
    from reference_server.rendering.pages import ProjectPage
    from reference_server.rules import Rules

KNOWN_FIELDS = frozenset(
    {":action", "protocol_version", "metadata_version", "name", "version", "filetype", "pyversion", "comment"}
    | {"summary", "description", "description_content_type", "keywords", "home_page", "download_url"}
    | {"author", "author_email", "maintainer", "maintainer_email", "license", "license_expression"}
    | {"license_file", "platform", "supported_platform", "classifiers", "project_urls", "dynamic"}
    | {"requires_python", "requires_dist", "requires_external", "provides_extra", "provides_dist"}
    | {"obsoletes_dist", "import_name", "import_namespace", "requires", "provides", "obsoletes"}
    | {"md5_digest", "sha256_digest", "blake2_256_digest", "content", "gpg_signature", "attestations"}
)


class RepeatedFieldsRefused(RefusesForms):
    """Rejects forms that repeat a field."""

    caught_by = (
        "upload.multi-fields",
        "upload.whole-form",
        "upload.unknown-fields",
        "gitlab.upload.unknown-fields",
    )

    def is_refused(self, request: Request) -> bool:
        parts = parts_of(request)
        return len(set(parts)) < len(parts)


class ShortSummariesOnly(RefusesForms):
    """Rejects summaries of more than 255 characters, the width of a column of its database."""

    caught_by = ("upload.whole-form",)
    field = "summary"

    def is_refused(self, request: Request) -> bool:
        return len(text_of(request, "summary")) > 255


class FieldsOfOldReleasesRefused(RefusesForms):
    """Rejects metadata 1.1 with a field that it has and later versions advise against."""

    caught_by = ("upload.whole-form",)

    def is_refused(self, request: Request) -> bool:
        return text_of(request, "metadata_version") == "1.1" and bool(text_of(request, "obsoletes"))


class OneAddressOnly(RefusesForms):
    """Rejects an `author_email` with several addresses."""

    caught_by = ("upload.whole-form",)
    field = "author_email"

    def is_refused(self, request: Request) -> bool:
        return text_of(request, "author_email").count("@") > 1


class FieldNamesFolded(Fault):
    """Reads a field under its metadata name too, and prefers the first of both."""

    caught_by = ("upload.field-naming",)

    def handle(self, request: Request) -> Response | None:
        if request.endpoint == "upload":
            body = body_of(request).replace(b'name="Requires-Python"', b'name="requires_python"')
            request.body = BytesIO(body)
        return None


class StrictSerializer(RefusesForms):
    """Rejects unknown fields, as strict serializers do."""

    incident = "pulp_python #1321"
    caught_by = ("upload.unknown-fields", "upload.field-naming", "gitlab.upload.unknown-fields")

    def is_refused(self, request: Request) -> bool:
        return not KNOWN_FIELDS.issuperset(parts_of(request))


class EmptyFieldsRefused(RefusesForms):
    """Rejects fields with an empty value."""

    caught_by = (
        "upload.empty-fields",
        "upload.uv-end-to-end",
        "upload.unknown-fields",
        "gitlab.upload.unknown-fields",
    )

    def is_refused(self, request: Request) -> bool:
        fields = {name for name, _, content in pieces_of(request) if not content}
        return bool(fields - {"name", "version", "content"})


class EmptyRequiresPythonShown(Fault):
    """Lists an empty Requires-Python if a file has none, as GitLab does."""

    caught_by = (
        "upload.empty-fields",
        "simple.html.requires-python.absent-when-unset",
        "gitlab.page.requires-python",
    )

    def project_page(self, page: ProjectPage) -> ProjectPage:
        return page.each(lambda file: replace(file, requires_python=file.requires_python or ""))


class EmptyNameAccepted(Fault):
    """Accepts an empty name."""

    caught_by = ("upload.name-required",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            valid_name=lambda name: not name or rules.valid_name(name),
            filename_agrees=lambda file, name, version: (
                not name or rules.filename_agrees(file, name, version)
            ),
            archive_checks=(),
        )


class EmptyVersionAccepted(Fault):
    """Accepts an empty version."""

    caught_by = ("upload.version-required",)

    def rules(self, rules: Rules) -> Rules:
        return replace(
            rules,
            valid_version=lambda version: not version or rules.valid_version(version),
            filename_agrees=lambda file, name, version: (
                not version or rules.filename_agrees(file, name, version)
            ),
            archive_checks=(),
        )


class AnyRequiresPython(Fault):
    """Accepts any text as a version specifier, as GitLab does."""

    caught_by = ("upload.requires-python-valid",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_requires_python=lambda _text: True)


class AnyMetadataVersion(Fault):
    """Accepts any text as a metadata version, as GitLab does."""

    caught_by = ("upload.metadata-version.required",)

    def rules(self, rules: Rules) -> Rules:
        return replace(rules, valid_metadata_version=lambda _text: True)


class MetadataVersionsListed(Fault):
    """Rejects metadata versions above 2.4, as Pulp did."""

    incident = "pulp_python #1321"
    caught_by = ("upload.metadata-version.current",)

    def rules(self, rules: Rules) -> Rules:
        known = {"1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4"}
        return replace(rules, valid_metadata_version=known.__contains__)


class NewerMetadataFails(FailsOnForms):
    """Fails on metadata versions above 2.5."""

    caught_by = ("upload.metadata-version.newer-minor",)

    def is_refused(self, request: Request) -> bool:
        return any(value in {b"2.6", b"2.99"} for value in values_of(request, "metadata_version"))
