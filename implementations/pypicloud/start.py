"""Starts pypicloud with a folder and SQLite. Source: pypicloud documentation, configuration options."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from implementations.place import HOST, Place, Running

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "conformance"
CONFIGURATION = """\
[app:main]
use = egg:pypicloud
pypi.default_read = everyone
pypi.default_write = authenticated
pypi.fallback = none
pypi.storage = file
storage.dir = {work}/packages
db.url = sqlite:///{work}/db.sqlite
user.{user} = {hashed}
session.encrypt_key = {key}
session.validate_key = {key}
[server:main]
use = egg:waitress#main
host = {host}
port = {port}
"""
HASHED = "import sys; from passlib.hash import pbkdf2_sha512; print(pbkdf2_sha512.hash(sys.stdin.read(), rounds=1000))"


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start the server with one user, who may write; everyone may read."""
    port, password, programs = place.port(), place.secret(), place.programs()
    hashed = place.run(programs / "python", "-c", HASHED, text=password).strip()
    text = CONFIGURATION.format(
        work=place.work, user=USER, hashed=hashed, key=place.secret(), host=HOST, port=port
    )
    configuration = place.work / "pypicloud.ini"
    configuration.write_text(text, encoding="utf-8")
    origin = f"http://{HOST}:{port}"
    command = (programs / "python", place.implementation.folder / "serve.py", configuration)
    with place.process(*command, ready=f"{origin}/health", name="pserve"):
        driver = place.implementation.folder / "driver.py"
        yield Running(
            table={
                **place.implementation.declared.target,
                "url": origin,
                "credentials": {"default": {"username": USER, "password": password}},
                "management": {"driver": "command", "command": [sys.executable, str(driver)]},
            }
        )
