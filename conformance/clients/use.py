"""The uses of a client: what its users do with a registry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Activity(StrEnum):
    """What a client does with a registry."""

    READS = "reads"
    UPLOADS = "uploads"


@dataclass(frozen=True)
class Use:
    """One command of a client, with the retries and timeouts that its users get by default.

    `arguments` can contain `{folder}` (an empty folder, the current one), `{project}` (a project to install) and
    `{file}` (a wheel to upload).
    """

    title: str
    activity: Activity
    arguments: tuple[str, ...]
