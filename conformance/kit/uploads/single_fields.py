"""Forms with one wrong field, beside a twin that is right in every respect.

A registry that looks at something else alone, such as the file name, refuses an upload that is wrong in two places, and
takes one whose file is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import expect
from conformance.kit.http import upload_form
from conformance.kit.uploads.publishing import publish
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.kit.registry import RegistryClient
    from reference_server.distributions import Distribution


def each_value_refused(
    registry: RegistryClient, project: str, field: str, values: Iterable[str]
) -> list[Distribution]:
    """Require that a form with one of these values in a field is refused; return the files.

    Raises Untestable when the twin is refused, too.
    """
    publish(registry, wheel(project, "1.0"))
    files = {value: wheel(project, f"1.{number}") for number, value in enumerate(values, 1)}
    # One after the other: a registry may refuse two uploads to one project at once, whatever they are.
    answers = [
        registry.upload(file, form=upload_form(file).with_field(field, value))
        for value, file in files.items()
    ]
    wrong = {
        value: answer for value, answer in zip(files, answers, strict=True) if not answer.is_client_error
    }
    expect.rule(
        f"every form to be refused (4xx) whose only mistake is its {field}",
        broken_by=[f"status {answer.status} for {value!r}" for value, answer in wrong.items()],
        where=expect.requests(wrong.values()),
    )
    return [*files.values()]
