"""The file names of wheels: which are taken, and which are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.checks.file.uploads import all_refused, refused
from conformance.kit import expect
from conformance.kit.check import check
from conformance.kit.properties import strategies
from conformance.kit.uploads.refused_project import RefusedProject
from conformance.kit.uploads.stored_files import accepted_and_listed, served
from reference_server.distributions import wheel

if TYPE_CHECKING:
    from conformance.kit.fixtures import Examples, NewName, RegistryClient

BUILDS = ("", "1", "2a")
PYEMSCRIPTEN = "cp313-cp313-pyemscripten_2025_0_wasm32"


@check("file.wheel.name-grammar")
def test_name_grammar(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    project = RefusedProject(registry, new_name, "grammar")

    def ungrammatical(pattern: str) -> None:
        name = project.name
        filename = pattern.format(name=name.replace("-", "_"), version="1.0")
        file = wheel(name, "1.0", filename=filename)
        all_refused([(file, project.upload(file))])

    examples.each(strategies.non_wheel_filenames(), ungrammatical)
    project.lists_nothing()


@check("file.wheel.name-matches-project")
def test_name_matches_project(registry: RegistryClient, new_name: NewName) -> None:
    name, other = new_name("this"), wheel(new_name("other"), "1.0")
    distribution = wheel(name, "1.0", filename=other.filename)
    refused(registry, distribution)
    expect.not_listed(registry.project_page(other.name), [other.filename])


@check("file.wheel.version-matches")
def test_version_matches(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("mismatch")
    refused(registry, wheel(name, "1.0", filename=wheel(name, "1.1").filename))


@check("file.wheel.build-tag")
def test_build_tag(registry: RegistryClient, new_name: NewName) -> None:
    name = new_name("build")
    wheels = [wheel(name, "1.0", build=build) for build in BUILDS]
    for distribution in wheels:
        expect.accepted(registry.upload(distribution))
    served(registry, wheels)


@check("file.wheel.compressed-tags")
def test_compressed_tags(registry: RegistryClient, new_name: NewName, examples: Examples) -> None:
    name = new_name("tags")
    sent: list[str] = []

    def accepted(tag: str) -> None:
        distribution = wheel(name, f"1.{len(sent)}", tag=tag)
        expect.accepted(registry.upload(distribution))
        sent.append(distribution.filename)

    examples.each(strategies.wheel_tags(), accepted)
    expect.listed(registry.project_page(name), sent)


@check("file.wheel.pyemscripten")
def test_pyemscripten(registry: RegistryClient, new_name: NewName) -> None:
    distribution = wheel(new_name("pyemscripten"), "1.0", tag=PYEMSCRIPTEN)
    accepted_and_listed(registry, distribution)
