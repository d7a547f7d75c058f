"""The driver for pypiserver.

Source: pypiserver 2.4, `_app.py`: an upload with the `:action` `remove_pkg` and the fields `name` and `version`
removes every file that has both. Name and version are those of the file's name, as it spells them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from conformance.target.drivers.driver import Driver
from conformance.target.drivers.refusals import CannotDo

if TYPE_CHECKING:
    from conformance.target.drivers.driver import File

_WHEEL = re.compile(r"(?P<name>.+?)-(?P<version>\d.*?)(-(?P<build>\d[^-]*))?-[^-]+-[^-]+-[^-]+\.whl")
_SDIST = re.compile(r"(?P<stem>.+)\.(tar\.(gz|bz2|xz)|tgz|zip)")
_VERSION = re.compile(r"-(?=\d+[a-z_.!+])", re.IGNORECASE)
"""What pypiserver takes for the beginning of a version, where a file name has several dashes."""


class PypiserverDriver(Driver):
    """Deletes releases. The credential needs the permission `update`."""

    def delete_release(self, file: File) -> None:
        """Delete the files with the name and version that a file's name spells."""
        name, version = spelled(file.filename) if file.filename else (file.name, file.version)
        if not (name and version):
            raise CannotDo(f"pypiserver reads no name and version from the file name {file.filename!r}")
        form = {":action": "remove_pkg", "name": name, "version": version}
        self.api.change(
            "POST",
            self.api.target.upload_url,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form),
        )


def spelled(filename: str) -> tuple[str, str]:
    """Return the name and version that pypiserver reads from a file name; empty ones where it reads none."""
    filename = filename.removesuffix(".asc")
    if match := _WHEEL.fullmatch(filename):
        build = f"-{match['build']}" if match["build"] else ""
        return match["name"], match["version"] + build
    match = _SDIST.fullmatch(filename)
    if not match or "-" not in match["stem"]:
        return "", ""
    stem = match["stem"]
    if stem.count("-") == 1 or "." not in stem:
        name, _, version = stem.rpartition("-")
        return name, version
    name, *versions = _VERSION.split(stem, maxsplit=1)
    return name, versions[0] if versions else ""
