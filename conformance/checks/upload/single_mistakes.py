"""Uploads of one project, each with one mistake that the Python Package Index refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit import expect
from conformance.kit.http import upload_form
from conformance.kit.uploads.publishing import publish
from reference_server.distributions import Metadata, wheel

if TYPE_CHECKING:
    from conformance.kit.http import Answer, UploadForm
    from conformance.kit.registry import RegistryClient
    from reference_server.distributions import Distribution


def each_refused(registry: RegistryClient, *uploads: tuple[str, Distribution, UploadForm]) -> None:
    """Require 400 for each upload, which comes with what is wrong with it, and that none is listed."""
    answers = [(wrong, registry.upload(sent, form=form)) for wrong, sent, form in uploads]
    expect.rule(
        "every upload with a mistake to be refused with 400",
        broken_by=[_described(wrong, answer) for wrong, answer in answers if answer.status != 400],
        where=registry.target.upload_url,
    )
    name = uploads[0][1].name
    expect.not_listed(registry.project_page(name), [sent.filename for _, sent, _ in uploads])


def metadata_refused(registry: RegistryClient, name: str, *mistakes: dict[str, Any]) -> None:
    """Require 400 for each wheel, whose metadata are right but for these fields.

    Raises Untestable when one without a mistake is refused, too.
    """
    right = Metadata(metadata_version="2.4", name=name, version="0.1")
    publish(registry, wheel(name, "0.1", metadata=right))
    wheels = [
        wheel(name, version, metadata=Metadata(metadata_version="2.4", name=name, version=version, **fields))
        for version, fields in ((f"1.{number}", fields) for number, fields in enumerate(mistakes))
    ]
    each_refused(
        registry,
        *(
            (str(fields), distribution, upload_form(distribution))
            for fields, distribution in zip(mistakes, wheels, strict=True)
        ),
    )


def _described(wrong: str, answer: Answer) -> str:
    """Say what was wrong with an upload, and what came of it."""
    return f"{wrong[:80]}: {answer.status} {answer.excerpt(80)}".strip()
