"""Metadata with every field of its version, each as long and as often as the Python Package Index accepts it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from conformance.kit.http import upload_form
from reference_server.distributions import Metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.http import UploadForm
    from reference_server.distributions import Distribution

WHOLE = ("1.2", "2.1", "2.2", "2.4", "2.5", "1.1", "1.0")
"""Metadata versions that brought fields: first those whose fields tools in use send, then those of old releases."""
OLD = ("1.1", "1.0")
"""Those that a registry may know no longer."""
LATER = {
    (1, 1): ("supported_platform", "download_url", "classifiers"),
    (1, 2): (
        *("maintainer", "maintainer_email", "requires_dist", "requires_python", "requires_external"),
        *("project_urls", "provides_dist", "obsoletes_dist"),
    ),
}
"""By metadata version, the fields that it introduced before 2.0."""
SITE = "https://example.com/"
SUMMARY, LABEL = 512, 32
"""Characters at most. Source: Warehouse, `warehouse/forklift/metadata.py`."""
REQUIREMENTS = 300
CLASSIFIERS = (
    *(f"Programming Language :: Python :: 3.{minor}" for minor in range(15)),
    *(f"Programming Language :: Python :: 2.{minor}" for minor in range(3, 8)),
    *("Development Status :: 3 - Alpha", "Environment :: Console", "Intended Audience :: Developers"),
    *("Operating System :: MacOS", "Operating System :: Microsoft :: Windows"),
    *("Operating System :: OS Independent", "Operating System :: POSIX :: Linux"),
    *("Topic :: Software Development :: Libraries", "Topic :: Utilities", "Typing :: Typed"),
)
TEXT = "Not only ASCII: \u00e9\u00df\u4e2d\U0001f40d. "


def whole(name: str, version: str, metadata_version: str) -> Metadata:
    """Return metadata of this version in which no field of it is missing."""
    since = tuple(map(int, metadata_version.split(".")))
    metadata = Metadata(
        metadata_version=metadata_version,
        name=name,
        version=version,
        platform=("linux", "win32"),
        supported_platform=("RedHat 7.2", "i386-win32-2791"),
        summary=(TEXT * SUMMARY)[: SUMMARY - 1] + ".",
        description=f"{TEXT * 200}\n",
        keywords=("registry", "conformance", "\u00fcmlaut"),
        home_page=f"{SITE}home",
        download_url=f"{SITE}download?of=all#files",
        author="Zo\u00eb \u00c5ngstr\u00f6m, \u674e\u5c0f\u9f8d",
        author_email="Zo\u00eb \u00c5ngstr\u00f6m <zoe@example.com>, li@example.com",
        maintainer="J\u00f6rg, Ana",
        maintainer_email="joerg@example.com, Ana <ana@example.com>",
        classifiers=CLASSIFIERS,
        requires_dist=tuple(f"conformance-{number}[a,b]!=1.{number},>=1.0" for number in range(REQUIREMENTS)),
        requires_python=">=3.8, !=3.9.*, <4",
        requires_external=("C", "libpng (>=1.5)"),
        project_urls=(f"Source, {SITE}source", f"{'L' * LABEL}, {SITE}changes?since=1.0"),
        provides_dist=("conformance-part",),
        obsoletes_dist=("conformance-old (<3.0)",),
        license="Apache-2.0 OR MIT" if since < (2, 4) else None,
    )
    return replace(metadata, **_earlier(metadata, since), **_later(since, name))


def whole_form(distribution: Distribution) -> UploadForm:
    """Return the form, with an empty Requires-Python before 1.2: of a form without one, another row says more."""
    form = upload_form(distribution)
    return form if distribution.metadata.requires_python else form.with_field("requires_python", "")


def parts(metadata: Metadata) -> Iterator[tuple[str, Metadata]]:
    """Yield each field that metadata has, with the metadata without it: what is longest, or there most often, first."""
    kept = {"metadata_version", "name", "version"}
    values = {each.name: getattr(metadata, each.name) for each in fields(metadata) if each.name not in kept}
    for name, value in sorted(values.items(), key=lambda item: -len(item[1] or ())):
        several = isinstance(value, tuple)
        without: dict[str, Any] = {name: () if several else None}
        if value:
            yield f"the {len(value)} {name}" if several else name, replace(metadata, **without)


def _earlier(metadata: Metadata, since: tuple[int, ...]) -> dict[str, Any]:
    """Return what differs in a version before 1.2: fields that came later are empty, and 1.1 has some of its own."""
    later = [field for version, names in LATER.items() if version > since for field in names]
    fields: dict[str, Any] = {
        field: () if isinstance(getattr(metadata, field), tuple) else None for field in later
    }
    if since == (1, 1):
        fields |= {
            "requires": ("email",),
            "provides": ("conformance_part",),
            "obsoletes": ("conformance_old",),
        }
    return fields


def _later(since: tuple[int, ...], name: str) -> dict[str, Any]:
    """Return the fields that versions after 1.2 brought."""
    fields: dict[str, Any] = {}
    if since >= (2, 1):
        fields |= {
            "description_content_type": "text/markdown; charset=UTF-8; variant=GFM",
            "provides_extra": ("all", "a-b"),
        }
    if since >= (2, 4):
        fields |= {
            "license_expression": "(Apache-2.0 OR MIT) AND LicenseRef-Own",
            "license_file": ("LICENSE", "docs/NOTICE"),
        }
    if since >= (2, 5):
        fields |= {
            "import_name": (name.replace("-", "_"), f"{name.replace('-', '_')}._private ; private"),
            "import_namespace": ("conformance_names",),
        }
    return fields
