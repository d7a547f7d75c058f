"""What the Python Package Index asks of file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.file.uploads import refused
from conformance.kit.check import check
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import NewName, RegistryClient


@check("file.wheel.escaped-name")
def test_escaped_name(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("escaped")
    spellings = (name.replace("-", "."), name.replace("-", "_").title())
    refused(registry, *(wheel(name, "1.0", filename=f"{each}-1.0-py3-none-any.whl") for each in spellings))


@check("file.wheel.platform-allowlist")
def test_platform_allowlist(registry: RegistryClient, new_name: NewName) -> None:
    platforms = ("linux_x86_64", "manylinux_2_17_none", "macosx_11_5_arm64")
    name = new_name("platform")
    refused(registry, *(wheel(name, "1.0", tag=f"cp312-cp312-{platform}") for platform in platforms))


@check("file.sdist.name-form")
def test_name_form(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("sdist-name")
    escaped = name.replace("-", "_")
    stems = (f"{name}-1.0", f"{escaped.title()}-1.0", f"{escaped}-v1.0")
    refused(registry, *(sdist(name, "1.0", filename=f"{stem}.tar.gz") for stem in stems))
