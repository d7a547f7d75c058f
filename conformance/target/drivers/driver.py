"""The contract of drivers: what a registry's own API may be able to change."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection

    from conformance.target.drivers.registry_api import RegistryApi


class Ability(StrEnum):
    """One thing that a driver may be able to do. With `_` for `-` it is the name of its method."""

    DELETE = "delete"
    DELETE_RELEASE = "delete-release"
    DELETE_PROJECT = "delete-project"
    YANK = "yank"
    UNYANK = "unyank"
    SET_STATUS = "set-status"
    ATTACH_PROVENANCE = "attach-provenance"

    @property
    def method(self) -> str:
        """The name of the method of `Driver`."""
        return self.replace("-", "_")


DELETIONS = (Ability.DELETE, Ability.DELETE_RELEASE, Ability.DELETE_PROJECT)
"""The ways to delete, the one with the smallest effect first."""


class File(Protocol):
    """A published file, by what its upload said."""

    @property
    def name(self) -> str:
        """The name of its project, as it was sent."""

    @property
    def version(self) -> str:
        """Its version, as it was sent."""

    @property
    def filename(self) -> str:
        """Its file name."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of its content in lower-case hex; empty in a clean-up, which knows only the ledger."""


class Release(NamedTuple):
    """A release that a registry's own API lists, spelled as the registry spells it."""

    name: str
    version: str


class DriverSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What `[management]` holds besides `driver`; a driver with settings of its own has a subclass."""

    @property
    def mistake(self) -> str:
        """What is wrong with the settings, beyond their types; empty where they are right."""
        return ""

    @property
    def urls(self) -> list[str]:
        """The addresses in the settings: the credential goes there, too."""
        return []


class Driver:
    """Changes the state of projects and files by a registry's own API.

    A subclass has the methods that its registry can do. What it leaves out, it cannot do. Each method returns when
    the change is done, and raises CannotDo when the registry refuses it; a deletion raises NotThere where there is
    nothing to delete, and Promised where the registry may do it later. A constructor sends no requests.
    """

    Settings: ClassVar[type[DriverSettings]] = DriverSettings
    """The type of the settings."""

    features: ClassVar[frozenset[str]] = frozenset()
    """Features of the catalogue that come with it, besides those that follow from its abilities."""

    requests_per_deletion: ClassVar[int] = 2
    """How many requests the clean-up of one file takes at most: the budget of a run keeps as many."""

    side_by_side: ClassVar[bool] = False
    """Whether the clean-up may delete from several projects at once, where the registry is far away."""

    def __init__(self, api: RegistryApi, settings: Any) -> None:
        self.api = api
        self.settings = settings

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do."""
        return self.implemented()

    @classmethod
    def implemented(cls) -> frozenset[Ability]:
        """Return what drivers of this class have methods for."""
        return frozenset(
            each for each in Ability if getattr(cls, each.method) is not getattr(Driver, each.method)
        )

    def delete(self, file: File) -> None:
        """Delete a file, and nothing else."""

    def delete_release(self, file: File) -> None:
        """Delete the release that a file belongs to, with all its files."""

    def delete_project(self, file: File) -> None:
        """Delete the project that a file belongs to, with all its releases."""

    def yank(self, file: File, reason: str = "") -> None:
        """Yank a file, with or without a reason."""

    def unyank(self, file: File) -> None:
        """Undo a yank."""

    def set_status(self, project: str, status: str, reason: str = "") -> None:
        """Set a project's status: active, archived, quarantined or deprecated."""

    def attach_provenance(self, file: File, provenance: dict[str, Any]) -> None:
        """Attach a provenance object to a file."""

    def releases(self, run_id: str) -> Collection[Release] | None:  # noqa: ARG002 - for those that have such a list
        """Return all releases whose names contain the id of a run; None if the registry's API has no such list."""
        return None
