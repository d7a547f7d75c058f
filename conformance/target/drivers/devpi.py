"""The driver for devpi.

Source: devpi-server 6, `views.py`: DELETE on `/USER/INDEX/PROJECT`, on `/USER/INDEX/PROJECT/VERSION`, and on the URL
of a file below `/USER/INDEX/+f/`. An index that is not volatile refuses all of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urldefrag

from packaging.utils import canonicalize_name

from conformance.pages import JSON_V1, read_project_json
from conformance.target.drivers.driver import Driver
from conformance.target.drivers.refusals import CannotDo, NotThere

if TYPE_CHECKING:
    from conformance.target.drivers.driver import File

_SAFE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
"""Project names that cannot lead to another URL: DELETE on the index itself deletes the index."""


class DevpiDriver(Driver):
    """Deletes files, releases and projects. The index has to be volatile."""

    def delete(self, file: File) -> None:
        """Delete a file by its link on the page of its project. A file of a base of the index stays."""
        where = f"{self.api.target.index_url}{self._project(file)}/"
        answer = self.api.send("GET", where, headers={"Accept": JSON_V1})
        if answer.status == 404:
            raise NotThere(f"devpi has no such page: {answer}")
        if answer.status != 200:
            raise CannotDo(f"devpi showed no page of the project: {answer}")
        page = read_project_json(answer.content, url=answer.url, where=str(answer))
        links = [urldefrag(each.url).url for each in page.files if each.filename == file.filename]
        own = [url for url in links if url.startswith(f"{self._index}/+f/")]
        if not own:
            raise NotThere(f"devpi lists no {file.filename} of its own: {answer}")
        self.api.change("DELETE", own[0])

    def delete_release(self, file: File) -> None:
        """Delete the release that a file belongs to, with all its files."""
        if not file.version:
            raise CannotDo("devpi deletes no release without a version")
        self.api.change("DELETE", f"{self._index}/{self._project(file)}/{quote(file.version, safe='')}")

    def delete_project(self, file: File) -> None:
        """Delete the project that a file belongs to, with all its releases."""
        self.api.change("DELETE", f"{self._index}/{self._project(file)}")

    @property
    def _index(self) -> str:
        return self.api.target.upload_url.rstrip("/")

    @staticmethod
    def _project(file: File) -> str:
        name = str(canonicalize_name(file.name))
        if not _SAFE.fullmatch(name):
            raise CannotDo(f"{file.name!r} is no name of a project, so devpi has no URL for it")
        return name
