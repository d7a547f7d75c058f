"""The form of `implementation.toml`: what an implementation is, what it needs, how it is started and judged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from conformance.errors import UserError
from conformance.verdicts.validation import Invalid, toml_table, validated

FOLDER = Path(__file__).parent
"""Each implementation has a folder here; its name with dashes is the name of the implementation."""
DECLARATION = "implementation.toml"


class UnknownImplementation(UserError):
    """No implementation has this name; the message lists all of them."""


class BadRecipe(UserError):
    """A file of an implementation is not as it has to be; the message names the file and the place."""


class Needs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has to be there before a start."""

    pip: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[^=*]+$")], ...],
        Meta(description="Requirements with exact versions; they get a virtual environment of their own."),
    ] = ()
    apt: Annotated[
        tuple[str, ...], Meta(description="Debian's packages, which the user installs beforehand.")
    ] = ()
    programs: Annotated[
        tuple[str, ...], Meta(description="Programs of those packages; without one there is no start.")
    ] = ()


class Start(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a command line starts the registry. A `start.py` beside the file takes its place.

    The texts are templates with `{bin}` (programs of the virtual environment), `{host}`, `{port}`, `{work}` (a folder
    that is deleted at the end) and `{folder}` (that of the file).
    """

    command: tuple[str, ...]
    folders: Annotated[tuple[str, ...], Meta(description="Folders to make in `{work}`.")] = ()
    content: Annotated[
        str,
        Meta(description="The folder in `{work}` that gets distributions, one folder per project."),
    ] = ""
    environment: Annotated[dict[str, str], Meta(description="Further environment variables.")] = {}


class Judge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the suite judges the registry."""

    options: Annotated[
        tuple[str, ...], Meta(description="Further options of `registry-conformance run`.")
    ] = ()


class Declaration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An implementation, as its `implementation.toml` describes it."""

    title: str
    about: Annotated[str, Meta(description="What it is, in one sentence.")]
    licence: Annotated[str, Meta(description="Its licence, as an SPDX expression.")]
    project: Annotated[str, Meta(description="The page of the project; empty where the suite has it.")] = ""
    version: Annotated[
        str,
        Meta(
            description="The project whose version counts as that of the implementation: a name of `needs`."
        ),
    ] = ""
    needs: Needs = Needs()
    start: Start | None = None
    target: Annotated[
        dict[str, Any],
        Meta(description="The table of registry.toml, with templates; `start.py` may give another."),
    ] = {}
    judge: Judge = Judge()


class Implementation(Struct, frozen=True, kw_only=True):
    """An implementation by its name, with its folder."""

    name: str
    folder: Path
    declared: Declaration

    @property
    def module(self) -> str:
        """The module with its start recipe, if it has one; otherwise empty."""
        return f"implementations.{self.folder.name}.start" if (self.folder / "start.py").exists() else ""

    @property
    def version(self) -> str:
        """The version that is pinned; empty where the suite or Debian has it."""
        pins = dict(each.split("==") for each in self.declared.needs.pip)
        versions = {name.partition("[")[0]: version for name, version in pins.items()}
        return versions.get(self.declared.version, "")


def implementations(folder: Path = FOLDER) -> dict[str, Implementation]:
    """Return every implementation by its name. Raises BadRecipe."""
    found = (path.parent for path in sorted(folder.glob(f"*/{DECLARATION}")))
    return {each.name: each for each in map(_read, found)}


def implementation(name: str, folder: Path = FOLDER) -> Implementation:
    """Return an implementation. Raises UnknownImplementation and BadRecipe."""
    path = folder / name.replace("-", "_")
    if not (path / DECLARATION).exists():
        known = sorted(each.parent.name.replace("_", "-") for each in folder.glob(f"*/{DECLARATION}"))
        raise UnknownImplementation(
            f"there is no implementation {name!r}", f"Choose one of: {', '.join(known)}."
        )
    return _read(path)


def _read(folder: Path) -> Implementation:
    path = folder / DECLARATION
    try:
        declared = validated(toml_table(path), Declaration, toml=True)
    except Invalid as error:
        raise BadRecipe(f"{path}: {error}") from error
    made = Implementation(name=folder.name.replace("_", "-"), folder=folder, declared=declared)
    if bool(declared.start) == bool(made.module):
        raise BadRecipe(f"{path}: expected either a table [start] or a start.py beside it")
    if declared.version and not made.version:
        raise BadRecipe(f"{path}: expected {declared.version} with a version in needs.pip")
    return made
