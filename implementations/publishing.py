"""Publishes what an index is judged by to a registry that stands behind it, and yanks a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from implementations.content import CONTENT
from implementations.place import CannotStart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reference_server.distributions import Distribution


def publish_content(
    url: str, credential: Mapping[str, str], *, projects: Iterable[str] = tuple(CONTENT)
) -> None:
    """Publish every distribution of some projects. Raises CannotStart where one is refused."""
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (credential["username"], credential["password"])
        for name in projects:
            for each in CONTENT[name]:
                _publish(session, url, each)


def yank_content(origin: str, project: int, credential: Mapping[str, str]) -> None:
    """Yank a file with a reason and another without, at a reference server. Raises CannotStart where it refuses.

    `project` is the id of the GitLab project that has the content.
    """
    reasons = {"alpha": 'broken on "old" Pythons & others', "beta-tools": ""}
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (credential["username"], credential["password"])
        for name, reason in reasons.items():
            filename = CONTENT[name][0].filename
            url = f"{origin}/-/reference/projects/{project}/packages/pypi/{name}/files/{filename}/yank"
            answer = session.put(url, json={"reason": reason}, timeout=60)
            if not answer.ok:
                raise CannotStart(f"the registry behind did not yank {filename}: {answer.status_code}")


def _publish(session: requests.Session, url: str, file: Distribution) -> None:
    content = {"content": (file.filename, file.content)}
    answer = session.post(url, data=file.form(), files=content, timeout=60)
    if not answer.ok:
        raise CannotStart(f"the registry behind refused {file.filename} with {answer.status_code}")
