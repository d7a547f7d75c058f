"""What the checks of security share."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from conformance.checks.security import payloads
from conformance.checks.security.file_names_in_forms import named, starred
from conformance.checks.security.hostile_uploads import Sent, sent_as
from conformance.kit.driver import Ability, delete_alone
from conformance.kit.http import Part, upload_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.fixtures import Driver, NewName, RegistryClient
    from conformance.kit.http import UploadForm
    from reference_server.distributions import Distribution

    Remove = Callable[[Distribution], None]

HOSTILE = (
    *("named_like_paths", "named_twice", "named_with_controls"),
    *("with_odd_specifiers", "with_markup_in_file_names", "with_odd_json_values"),
)
"""The fixtures of hostile uploads."""


@pytest.fixture(scope="session")
def remove(driver: Driver) -> Remove:
    """What removes a file that is alone in its release, and that a run's clean-up cannot tell from others."""
    return partial(delete_alone, driver, alone_in=Ability.DELETE_RELEASE)


@pytest.fixture(scope="session")
def named_like_paths(registry: RegistryClient, new_name: NewName) -> list[Sent]:
    """Uploads whose file names are paths, or look like one."""

    def as_path(file: Distribution, path: str) -> UploadForm:
        return named(upload_form(file), path.format(file.filename))

    return sent_as(registry, new_name("path"), payloads.PATHS, as_path)


@pytest.fixture(scope="session")
def named_twice(registry: RegistryClient, new_name: NewName) -> list[Sent]:
    """Uploads with a second file name, one of the two a path."""

    def with_two_names(file: Distribution, names: tuple[str, str]) -> UploadForm:
        first, second = (name.format(file.filename) for name in names)
        return starred(upload_form(file), first or None, second)

    return sent_as(registry, new_name("second-name"), payloads.SECOND_NAMES, with_two_names)


@pytest.fixture(scope="session")
def named_with_controls(registry: RegistryClient, new_name: NewName) -> list[Sent]:
    """Uploads with a control character in the file name."""

    def controlled(file: Distribution, control: str) -> UploadForm:
        middle = file.filename.removesuffix(".whl")
        if control.startswith("%"):
            return starred(upload_form(file), file.filename, f"{quote(middle)}{control}.whl")
        return named(upload_form(file), f"{middle}{control}.whl")

    controls = {**payloads.CONTROLS, **payloads.ENCODED_CONTROLS}
    return sent_as(registry, new_name("control"), controls, controlled)


@pytest.fixture(scope="session")
def with_odd_specifiers(registry: RegistryClient, new_name: NewName) -> list[Sent]:
    """Uploads with quotes and markup in Requires-Python."""

    def requiring(file: Distribution, specifier: str) -> UploadForm:
        return upload_form(file).with_field("requires_python", specifier)

    return sent_as(registry, new_name("specifier"), payloads.SPECIFIERS, requiring)


@pytest.fixture(scope="session")
def with_markup_in_file_names(registry: RegistryClient, new_name: NewName) -> list[Sent]:
    """Uploads with quotes and markup in the file name."""

    def as_pattern(file: Distribution, pattern: str) -> UploadForm:
        return named(upload_form(file), pattern.format(file.filename.removesuffix(".whl")))

    return sent_as(registry, new_name("quotes"), payloads.FILENAMES, as_pattern)


@pytest.fixture(scope="session")
def with_odd_json_values(registry: RegistryClient, new_name: NewName) -> list[Sent]:
    """Uploads whose Requires-Python is bytes that JSON has to escape, and that need not be UTF-8."""

    def requiring_bytes(file: Distribution, specifier: bytes) -> UploadForm:
        form = upload_form(file)
        stated = Part(name="requires_python", content=specifier)
        return replace(form, parts=(stated, *form.without("requires_python").parts))

    return sent_as(registry, new_name("json"), payloads.JSON_VALUES, requiring_bytes)


@pytest.fixture(scope="session")
def hostile(request: pytest.FixtureRequest) -> list[Sent]:
    """All hostile uploads of one file."""
    return [each for name in HOSTILE for each in request.getfixturevalue(name)]
