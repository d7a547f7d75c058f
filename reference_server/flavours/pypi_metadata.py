"""The rules of the Python Package Index for metadata in the upload form. Each check raises an error or passes.

Source: Warehouse, `warehouse/forklift/metadata.py` and `decorators.py`; PyPA "Core metadata"; PEP 639.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from email.utils import parseaddr
from typing import TYPE_CHECKING

from packaging.licenses import canonicalize_license_expression
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from reference_server.model.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reference_server.model import Upload

MAX_SUMMARY = 512
MAX_LABEL = 32
CATEGORIES = frozenset(
    {"Development Status", "Environment", "Framework", "Intended Audience", "License", "Natural Language"}
    | {"Operating System", "Programming Language", "Topic", "Typing"}
)
"""The categories of classifiers. The growing list of all classifiers is not checked."""
DYNAMIC = frozenset(
    {"platform", "supported-platform", "summary", "description", "description-content-type", "keywords"}
    | {"home-page", "download-url", "author", "author-email", "maintainer", "maintainer-email"}
    | {"license", "license-expression", "license-file", "classifier", "requires-dist", "requires-python"}
    | {"requires-external", "project-url", "provides-extra", "provides-dist", "obsoletes-dist"}
    | {"requires", "provides", "obsoletes", "import-name", "import-namespace"}
)

METADATA_VERSIONS = frozenset({"1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"})
"""Source: Warehouse, `warehouse/forklift/metadata.py`, of August 2026."""

INTRODUCED: Mapping[str, frozenset[str]] = {
    "1.1": frozenset(
        {"supported_platform", "classifiers", "download_url", "requires", "provides", "obsoletes"}
    ),
    "1.2": frozenset(
        {"maintainer", "maintainer_email", "requires_dist", "provides_dist", "obsoletes_dist"}
        | {"requires_python", "requires_external", "project_urls"}
    ),
    "2.1": frozenset({"description_content_type", "provides_extra"}),
    "2.2": frozenset({"dynamic"}),
    "2.4": frozenset({"license_expression", "license_file"}),
    "2.5": frozenset({"import_name", "import_namespace"}),
}
"""The fields of a form that a metadata version introduced. Source: PyPA "Core metadata"."""
IN_METADATA = {"classifiers": "classifier", "project_urls": "project-url"}
"""What a field is named in metadata, where a form has another name for it."""

_URL = re.compile(r"https?:[^\s<>\"{}|\\^`]+", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def without_unknown(upload: Upload) -> Upload:
    """Remove the value `UNKNOWN`, which distutils wrote for a missing one."""
    known = {
        name: tuple(value for value in values if not _is_unknown(value))
        for name, values in upload.fields.items()
    }
    return replace(
        upload,
        fields=known,
        requires_python=None if _is_unknown(upload.requires_python or "") else upload.requires_python,
    )


def metadata_version_is_supported(upload: Upload) -> None:
    """Refuse a newer metadata version than those that the index has support for."""
    for version in _values(upload, "metadata_version"):
        if version not in METADATA_VERSIONS:
            raise PolicyError(f"{version!r} is not a valid metadata version.")


def fields_are_of_the_version(upload: Upload) -> None:
    """Refuse a field that a later metadata version introduced."""
    stated = next(_values(upload, "metadata_version"), "")
    if stated not in METADATA_VERSIONS:
        return
    given = {name for name in upload.fields if any(_values(upload, name))}
    given |= {"requires_python"} if upload.requires_python else set()
    later = {name: since for since, names in INTRODUCED.items() if since > stated for name in names & given}
    if later:
        name = min(later)
        field = IN_METADATA.get(name, name.replace("_", "-"))
        raise PolicyError(f"{field} introduced in metadata version {later[name]}, not {stated}.")


def version_is_valid(upload: Upload) -> None:
    """Refuse what is no version. Source: PyPA "Version specifiers", Version scheme."""
    try:
        Version(upload.version)
    except InvalidVersion:
        raise PolicyError(f"{upload.version!r} is invalid for 'version'.") from None


def no_local_version(upload: Upload) -> None:
    """Refuse local versions. Source: PyPA "Version specifiers", Local version identifiers."""
    try:
        version = Version(upload.version)
    except InvalidVersion:
        return
    if version.local:
        raise PolicyError(f"The use of local versions in '{version}' is not allowed.")


def summary_is_short(upload: Upload) -> None:
    """Refuse a summary with several lines or too many characters."""
    for summary in _values(upload, "summary"):
        if "\n" in summary or "\r" in summary:
            raise PolicyError("'summary' must be a single line.")
        if len(summary) > MAX_SUMMARY:
            raise PolicyError(f"'summary' field must be {MAX_SUMMARY} characters or less.")


def description_renders(upload: Upload) -> None:
    """Refuse invalid reStructuredText; Markdown and plain text always render.

    Without readme_renderer, nothing is rendered and nothing refused.
    """
    stated = next(_values(upload, "description_content_type"), "")
    if stated.partition(";")[0].strip().lower() not in {"", "text/x-rst"}:
        return
    try:
        from readme_renderer import rst
    except ImportError:
        return
    for description in _values(upload, "description"):
        if rst.render(description, stream=io.StringIO()) is None:
            kind = f"for '{stated}'" if stated else "in the default format of reStructuredText"
            raise PolicyError(f"The description failed to render {kind}.")


def emails_are_addresses(upload: Upload) -> None:
    """Refuse an invalid email address of an author or a maintainer."""
    for value in _values(upload, "author_email", "maintainer_email"):
        _, address = parseaddr(value)
        if address and not _ADDRESS.fullmatch(address):
            raise PolicyError(f"{address!r} is not a valid email address.")


def classifiers_are_known(upload: Upload) -> None:
    """Refuse classifiers without a known category, private ones included."""
    for classifier in _values(upload, "classifiers"):
        category, _, rest = classifier.partition(" :: ")
        if category not in CATEGORIES or not rest:
            raise PolicyError(f"{classifier!r} is not a valid classifier.")


def urls_are_urls(upload: Upload) -> None:
    """Refuse invalid web addresses, and labels that are missing or too long."""
    for url in _values(upload, "home_page", "download_url"):
        if not _URL.fullmatch(url):
            raise PolicyError(f"{url!r} is not a valid url.")
    for value in _values(upload, "project_urls"):
        label, _, url = (part.strip() for part in value.partition(","))
        if not label:
            raise PolicyError("Must have a label.")
        if len(label) > MAX_LABEL:
            raise PolicyError(f"{label!r} must be {MAX_LABEL} characters or less.")
        if not url:
            raise PolicyError("Must have a URL.")
        if not _URL.fullmatch(url):
            raise PolicyError(f"{url!r} is not a valid url.")


def no_direct_references(upload: Upload) -> None:
    """Refuse dependencies by URL. Source: PyPA "Version specifiers", Direct references."""
    for value in _values(upload, "requires_dist", "provides_dist", "obsoletes_dist"):
        try:
            url = Requirement(value).url
        except InvalidRequirement:
            continue
        if url is not None:
            raise PolicyError(f"Can't have direct dependency: {value}.")


def dynamic_may_be(upload: Upload) -> None:
    """Refuse Dynamic for fields that cannot be dynamic. Source: PyPA "Core metadata", Dynamic."""
    for field in _values(upload, "dynamic"):
        if field.lower() not in DYNAMIC:
            raise PolicyError(f"Dynamic field {field!r} is not a valid dynamic field.")


def one_way_of_licensing(upload: Upload) -> None:
    """Refuse `License` beside `License-Expression`. Source: PEP 639."""
    if any(_values(upload, "license")) and any(_values(upload, "license_expression")):
        raise PolicyError(
            "License is deprecated when License-Expression is present. "
            "Only License-Expression should be present."
        )


def license_expression_is_valid(upload: Upload) -> None:
    """Refuse an invalid SPDX license expression. Source: PEP 639."""
    for expression in _values(upload, "license_expression"):
        try:
            canonicalize_license_expression(expression)
        except ValueError as error:
            raise PolicyError(f"{expression!r} is invalid for 'license-expression'.") from error


CHECKS: tuple[Callable[[Upload], None], ...] = (
    metadata_version_is_supported,
    fields_are_of_the_version,
    version_is_valid,
    no_local_version,
    summary_is_short,
    emails_are_addresses,
    classifiers_are_known,
    urls_are_urls,
    no_direct_references,
    dynamic_may_be,
    one_way_of_licensing,
    license_expression_is_valid,
    description_renders,
)
"""In the order of their evaluation."""


def _values(upload: Upload, *names: str) -> Iterator[str]:
    return (value for name in names for value in upload.fields.get(name, ()) if value)


def _is_unknown(value: str) -> bool:
    return value.strip() == "UNKNOWN"
