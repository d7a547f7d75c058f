"""What a target turns down at upload, found out with one bad upload each."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.target import VALIDATION
from conformance.wire import upload_form
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.target.registry_client import RegistryClient
    from conformance.wire import UploadForm
    from reference_server.distributions import Distribution


def strictness(registry: RegistryClient, run_id: str, *, stated: frozenset[str]) -> frozenset[str]:
    """Return the features of `VALIDATION` that the target has: those that are stated, and those that show.

    A registry that takes every bad upload is not held to the details of a validation that it does not do.
    """
    found = set(stated & VALIDATION)
    for feature, (distribution, form) in _bad_uploads(run_id).items():
        if feature not in found and 400 <= registry.upload(distribution, form=form).status < 500:
            found.add(feature)
    return frozenset(found)


def _bad_uploads(run_id: str) -> Mapping[str, tuple[Distribution, UploadForm]]:
    """Return one upload per feature, each wrong in exactly one way."""
    good = {feature: wheel(f"conformance-{run_id}-{feature}", "1.0") for feature in sorted(VALIDATION)}
    forms = {feature: upload_form(distribution) for feature, distribution in good.items()}
    other = wheel(f"conformance-{run_id}-another", "1.0")
    renamed = replace(good["strict-filenames"], filename=other.filename)
    garbage = b"this is neither a wheel nor an archive"
    broken = replace(good["validate-archive"], content=garbage)
    return {
        "strict-names": (
            good["strict-names"],
            forms["strict-names"].with_field("name", f"conformance-{run_id}-strict names!"),
        ),
        "strict-versions": (good["strict-versions"], forms["strict-versions"].with_field("version", "dog")),
        "strict-filenames": (renamed, upload_form(renamed)),
        "strict-metadata": (
            good["strict-metadata"],
            forms["strict-metadata"].with_field("metadata_version", "-1"),
        ),
        "validate-archive": (
            broken,
            upload_form(broken).with_field("sha256_digest", hashlib.sha256(garbage).hexdigest()),
        ),
    }
