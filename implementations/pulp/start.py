"""Starts Pulp: PostgreSQL, the API, the content app and one worker; and makes a repository with a distribution.

Sources: pulpcore's documentation, "Installation" and "Settings"; pulp_python's, "Host Your Python Content".
"""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from implementations.place import HOST, PATIENCE, CannotStart, Place, Running
from implementations.pulp.database import NAME, Database, database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

API = "/pulp/api/v3"
REPOSITORY = "team"
SETTINGS = """\
SECRET_KEY = {secret!r}
DEPLOY_ROOT = MEDIA_ROOT = STATIC_ROOT = {media!r}
WORKING_DIRECTORY = FILE_UPLOAD_TEMP_DIR = {working!r}
DB_ENCRYPTION_KEY = {key!r}
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql", "NAME": {name!r}, "USER": {name!r}, "HOST": {socket!r},
    }},
}}
CONTENT_ORIGIN = {content!r}
PYPI_API_HOSTNAME = {origin!r}
ANALYTICS = False
# Pulp checks the password in each request: the default hash takes about 0.4 s of CPU, this one none. The password is
# random, and gone with the database.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""


@dataclass(frozen=True, kw_only=True)
class Pulp:
    """One start of Pulp: its programs, what they find in their environment, and its two addresses."""

    place: Place
    programs: Path
    environment: dict[str, str]
    api: str
    content: str

    def manage(self, *command: str) -> str:
        """Run a command of `pulpcore-manager`, and return what it prints."""
        return self.place.run(self.programs / "pulpcore-manager", *command, environment=self.environment)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run the API, the content app and a worker until the end of the context."""
        with ExitStack() as stack:
            for program, workers, url in (
                ("pulpcore-api", 2, self.api),
                ("pulpcore-content", 1, self.content),
            ):
                bound = (
                    "--bind",
                    url.removeprefix("http://"),
                    "--workers",
                    str(workers),
                    "--no-control-socket",
                )
                ready = f"{url}{API}/status/" if url == self.api else f"{url}/pulp/content/"
                stack.enter_context(
                    self.place.process(
                        self.programs / program, *bound, ready=ready, environment=self.environment
                    )
                )
            worker = self.programs / "pulpcore-worker"
            stack.enter_context(
                self.place.process(worker, ready=self._has_worker, environment=self.environment)
            )
            yield

    def _has_worker(self) -> bool:
        with _session() as session:
            status = session.get(f"{self.api}{API}/status/", timeout=60).json()
        return bool(status["online_workers"] and status["online_content_apps"])


@contextmanager
def start(place: Place) -> Iterator[Running]:
    """Start Pulp with an empty repository, which is served at a base path of its name."""
    stored, pulp = database(place), _pulp(place)
    with _migrated(stored, pulp), pulp.serving():
        password = pulp.manage("reset-admin-password", "--random").rsplit('"', 2)[1]
        _make_repository(pulp.api, password)
        yield Running(
            table={
                **place.implementation.declared.target,
                "url": f"{pulp.api}/pypi/{REPOSITORY}",
                "credentials": {"default": {"username": "admin", "password": password}},
            },
            note=f"Its REST API is at {pulp.api}{API}/.",
        )


def _pulp(place: Place) -> Pulp:
    """Write the settings of a start."""
    api, content = (f"http://{HOST}:{place.port()}" for _ in range(2))
    key, settings = place.work / "key", place.work / "settings.py"
    for path in (key, settings):
        path.touch(mode=0o600)
    key.write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
    text = SETTINGS.format(
        secret=place.secret(),
        media=str(place.folder("media")),
        working=str(place.folder("working")),
        key=str(key),
        name=NAME,
        socket=str(place.work / "socket"),
        content=content,
        origin=api,
    )
    settings.write_text(text, encoding="utf-8")
    programs = place.programs()
    environment = {"PULP_SETTINGS": str(settings), "DJANGO_SETTINGS_MODULE": "pulpcore.app.settings"}
    return Pulp(place=place, programs=programs, environment=environment, api=api, content=content)


@contextmanager
def _migrated(stored: Database, pulp: Pulp) -> Iterator[None]:
    """Serve a database with Pulp's tables. Making them takes a minute, so the cache keeps a copy."""
    saved = pulp.place.cache / "databases" / pulp.programs.parent.name
    saved.parent.mkdir(parents=True, exist_ok=True)
    with saved.with_name(f"{saved.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a process that dies gives it back
        if not saved.exists():
            stored.made(pulp.place)
            with stored.serving(pulp.place):
                owner = ("-h", stored.socket, "-U", NAME)
                pulp.place.run(stored.programs / "createdb", *owner, NAME)
                pulp.manage("migrate", "--noinput")
            unfinished = saved.with_name(f"{saved.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(stored.data, unfinished)
            unfinished.rename(saved)
        else:
            stored.filled_from(saved)
    with stored.serving(pulp.place):
        yield


def _make_repository(api: str, password: str) -> None:
    with _session() as session:
        session.auth = ("admin", password)
        made = _answered(session, "POST", f"{api}{API}/repositories/python/python/", {"name": REPOSITORY})
        body = {"name": REPOSITORY, "base_path": REPOSITORY, "repository": made["pulp_href"]}
        task = f"{api}{_answered(session, 'POST', f'{api}{API}/distributions/python/pypi/', body)['task']}"
        deadline = time.monotonic() + PATIENCE
        while (state := _answered(session, "GET", task)["state"]) in {"waiting", "running"}:
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        if state != "completed":
            raise CannotStart(f"Pulp's task that makes a distribution is {state}")


def _answered(session: requests.Session, method: str, url: str, body: dict[str, str] | None = None) -> Any:
    answer = session.request(method, url, json=body, timeout=60)
    if not answer.ok:
        raise CannotStart(f"Pulp answered {method} {url} with {answer.status_code}")
    return answer.json()


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session
