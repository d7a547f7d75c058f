"""GitLab's documentation of its PyPI repository (13.4), step by step, by a reader who follows it with twine and pip.

The page is used in Chromium, and the commands are those of the documentation. Each test begins where the last
one ended.
"""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests

from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .devtools import DevTools

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

NAME, VERSION = "mypypipackage", "0.0.1"
MODULE = "def SayHello():\n    print('Hello from MyPyPiPackage')\n"
PROJECT = "/group/mypypipackage/-"


class Reader:
    """Somebody with a browser, a shell, and the documentation."""

    def __init__(self, tab: DevTools, server: ReferenceServer, home: Path) -> None:
        self.tab, self.server, self.home = tab, server, home
        self.token = self.deploy_token = self.project_id = ""

    def opens(self, path: str) -> str:
        self.tab.open(self.server.origin + path)
        return self.text()

    def text(self) -> str:
        return str(self.tab.run("document.body.innerText"))

    def fills_in(self, form: str, **fields: str) -> str:
        """Fill in the form with this text in it, and send it by its button. An empty value checks a box."""
        filling = "".join(
            f"each = form.querySelector(`[name='{name}']{f'[value={value}]' if '[]' in name else ''}`);"
            + ("each.checked = true;" if "[]" in name or value == "on" else f"each.value = `{value}`;")
            for name, value in fields.items()
        )
        with self.tab.loading():
            self.tab.run(
                "{ let each; const form = [...document.querySelectorAll('main form')]"
                f".find((one) => one.textContent.includes(`{form}`)); {filling} form.requestSubmit(); }}"
            )
        return self.text()

    def runs(self, *command: str, **environment: str) -> str:
        """Run a command of a shell with the reader's home."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.home,
            env=kept
            | {"HOME": str(self.home), "PIP_CONFIG_FILE": os.devnull, "COLUMNS": "200"}
            | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def repository(self) -> str:
        return f"{self.server.origin}/api/v4/projects/{self.project_id}/packages/pypi"


@pytest.fixture(scope="module")
def reader(tab: DevTools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    home = tmp_path_factory.mktemp("home")
    with ReferenceServer() as server:
        tab.call("Network.clearBrowserCookies")
        reader = Reader(tab, server, home)
        reader.opens("/users/sign_in")
        reader.fills_in("Personal access token", token=server.password)
        reader.opens("/projects/new")
        reader.fills_in("Path", path="group/mypypipackage")
        yield reader


def test_enabling_the_pypi_repository(reader: Reader) -> None:
    """It is available for new projects by default. The Packages feature in the settings disables and enables it."""
    settings = f"{PROJECT}/settings/packages_and_registries"
    reader.opens(settings)
    assert reader.tab.run("document.querySelector('[name=packages_enabled]').checked") is True
    reader.tab.run("document.querySelector('[name=packages_enabled]').checked = false")
    assert "The settings were saved." in reader.fills_in("Save changes")
    assert "switched off" in reader.opens(f"{PROJECT}/packages")
    reader.opens(settings)
    reader.fills_in("Save changes", packages_enabled="on")
    text = reader.opens(f"{PROJECT}/packages")
    assert "Packages & Registries" in text, "the section in the sidebar"
    assert "There are no packages yet" in text


def test_create_a_package(reader: Reader) -> None:
    """`ls dist` shows a wheel and a source distribution."""
    dist = reader.home / "dist"
    dist.mkdir()
    members = {f"{NAME}/__init__.py": b"from .greet import SayHello\n", f"{NAME}/greet.py": MODULE.encode()}
    for made in (wheel(NAME, VERSION, members=members), sdist(NAME, VERSION, members=members)):
        (dist / made.filename).write_bytes(made.content)
    names = sorted(path.name for path in dist.iterdir())
    assert names == ["mypypipackage-0.0.1-py3-none-any.whl", "mypypipackage-0.0.1.tar.gz"]


def test_authenticating_with_a_personal_access_token(reader: Reader) -> None:
    """A token with the scope api, and the project's id on its page, go into ~/.pypirc."""
    reader.opens("/-/user_settings/personal_access_tokens")
    text = reader.fills_in("Add a token", name="laptop", **{"scopes[]": "api"})
    (reader.token,) = re.findall(r"glpat-\S+", text)
    (reader.project_id,) = re.findall(r"Project ID: (\d+)", reader.opens(f"{PROJECT}/packages"))
    pasted = reader.tab.run(
        "[...document.querySelectorAll('pre')].find((each) => each.ariaLabel.includes('.pypirc')).textContent"
    )
    pypirc = configparser.ConfigParser(interpolation=None)
    pypirc.read_string(pasted.replace("<your_personal_access_token>", reader.token))
    assert dict(pypirc["gitlab"]) == {
        "repository": reader.repository,
        "username": "__token__",
        "password": reader.token,
    }
    with (reader.home / ".pypirc").open("w", encoding="utf-8") as file:
        pypirc.write(file)


def test_upload_packages_with_twine(reader: Reader) -> None:
    """Twine says where it uploads to, and the Packages & Registries page shows the package."""
    output = reader.runs(
        "-m", "twine", "upload", "--disable-progress-bar", "--repository", "gitlab", *dist(reader)
    )
    assert f"Uploading distributions to {reader.repository}" in output
    text = reader.opens(f"{PROJECT}/packages")
    assert "mypypipackage" in text
    assert "0.0.1" in text
    with reader.tab.loading():
        reader.tab.run("document.querySelector('tbody a').click()")
    text = reader.text()
    assert "Published" in text
    assert "by maintainer" in text
    assert "mypypipackage-0.0.1.tar.gz" in text


def dist(reader: Reader) -> list[str]:
    return sorted(str(path) for path in (reader.home / "dist").iterdir())


def test_the_same_version_cannot_be_uploaded_again(reader: Reader) -> None:
    """You receive the error "Validation failed: File name has already been taken"."""
    with pytest.raises(AssertionError, match=r"(?s)400.*File name has already been taken"):
        reader.runs("-m", "twine", "upload", "--verbose", "--repository", "gitlab", *dist(reader))


def test_install_packages(reader: Reader) -> None:
    """Pip installs by an index URL with a token of the scope read_api."""
    reader.opens("/-/user_settings/personal_access_tokens")
    text = reader.fills_in("Add a token", name="ci", **{"scopes[]": "read_api"})
    (token,) = re.findall(r"glpat-\S+", text)
    index = f"{reader.repository}/simple".replace("http://", f"http://__token__:{token}@")
    place = ("--target", str(reader.home / "site"), "--disable-pip-version-check")
    output = reader.runs("-m", "pip", "install", NAME, "--no-deps", *place, "--index-url", index)
    assert "Successfully installed mypypipackage-0.0.1" in output
    assert token not in output
    hello = "from mypypipackage import SayHello; SayHello()"
    assert reader.runs("-c", hello, PYTHONPATH=str(reader.home / "site")) == "Hello from MyPyPiPackage\n"


def test_ensure_your_version_string_is_valid(reader: Reader) -> None:
    """An invalid version string is rejected."""
    for version, status in (("0.0.1.", 400), ("0.0.1-x-y", 400), ("v0.0.2", 201)):
        made = wheel("versioned", version.removeprefix("v"))
        answer = requests.post(
            reader.repository,
            data={"name": "versioned", "version": version},
            files={
                "content": (made.filename if status == 201 else f"versioned-{version}.tar.gz", made.content)
            },
            auth=("__token__", reader.token),
            timeout=10,
        )
        assert answer.status_code == status, version
        assert ("Validation failed: Version is invalid" in answer.text) == (status == 400)


def test_python_normalized_names(reader: Reader) -> None:
    """A request for my.package looks for packages such as my-package, my_package and my....package."""
    other = wheel("my....package", "1.0")
    reader.server.registry.publish(
        other.filename, other.content, name="my....package", gitlab_project=int(reader.project_id)
    )
    index = f"{reader.repository}/simple".replace("http://", f"http://__token__:{reader.token}@")
    reader.runs("-m", "pip", "download", "my.package", "--no-deps", "--index-url", index)
    assert (reader.home / other.filename).exists()


def test_using_gitlab_ci_with_pypi_packages(reader: Reader) -> None:
    """A job uploads with CI_JOB_TOKEN in place of the personal access token."""
    other = wheel("fromci", "1.0")
    (reader.home / other.filename).write_bytes(other.content)
    reader.opens(f"{PROJECT}/settings/repository")
    text = reader.fills_in("Begin job", name="publish")
    (token,) = re.findall(r"glcbt-\S+", text)
    job = {"TWINE_USERNAME": "gitlab-ci-token", "TWINE_PASSWORD": token}
    upload = ("-m", "twine", "upload", "--repository-url", reader.repository, other.filename)
    reader.runs(*upload, **job)
    assert "fromci" in reader.opens(f"{PROJECT}/packages")


def test_a_deploy_token_reads_and_writes_by_its_scopes(reader: Reader) -> None:
    """A deploy token with read_package_registry and write_package_registry takes the place of a personal one."""
    reader.opens(f"{PROJECT}/settings/repository")
    reader.tab.run(
        "document.querySelectorAll('[value$=_registry]').forEach((each) => { each.checked = true; })"
    )
    text = reader.fills_in("Create deploy token", name="deploy", username="robot")
    (token,) = re.findall(r"gldt-\S+", text)
    reader.deploy_token = token
    other = wheel("fromdeploy", "1.0")
    (reader.home / other.filename).write_bytes(other.content)
    upload = ("-m", "twine", "upload", "--repository-url", reader.repository, other.filename)
    reader.runs(*upload, TWINE_USERNAME="robot", TWINE_PASSWORD=token)
    assert "robot" in reader.opens(f"{PROJECT}/packages?search=fromdeploy")


def test_allow_anyone_to_pull_from_the_package_registry(reader: Reader) -> None:
    """Of today's documentation: a private project's registry is open to everyone, and pip needs no token."""
    reader.opens(f"{PROJECT}/settings/packages_and_registries")
    reader.tab.run("document.querySelector('[name=registry_access][value=public]').checked = true")
    assert "The settings were saved." in reader.fills_in("Save changes")
    assert "private · everyone may install" in reader.opens(f"{PROJECT}/packages")
    place = ("--dest", str(reader.home / "pulled"))
    reader.runs(
        "-m", "pip", "download", NAME, "--no-deps", *place, "--index-url", f"{reader.repository}/simple"
    )
    assert (reader.home / "pulled" / f"{NAME}-{VERSION}-py3-none-any.whl").exists()


def test_protected_packages(reader: Reader) -> None:
    """Of today's documentation: a rule keeps a deploy token from publishing what its pattern matches."""
    reader.opens(f"{PROJECT}/settings/packages_and_registries")
    text = reader.fills_in("Name pattern", pattern="from*", push="owner")
    assert "from* is protected." in text
    other = wheel("fromdeploy", "2.0")
    answer = requests.post(
        reader.repository,
        data={"name": other.name, "version": other.version},
        files={"content": (other.filename, other.content)},
        headers={"Deploy-Token": reader.deploy_token},
        timeout=10,
    )
    assert (answer.status_code, answer.json()) == (403, {"message": "403 Forbidden - Package protected."})


def test_deleting_a_package(reader: Reader) -> None:
    """The page deletes a package after a confirmation, and pip no longer finds it."""
    reader.opens(f"{PROJECT}/packages?search={NAME}")
    with reader.tab.loading():
        reader.tab.run("document.querySelector('tbody a').click()")
    assert "mypypipackage 0.0.1 was deleted." in reader.fills_in("This deletes the package")
    index = f"{reader.repository}/simple".replace("http://", f"http://__token__:{reader.token}@")
    with pytest.raises(AssertionError, match="No matching distribution found for mypypipackage"):
        reader.runs("-m", "pip", "download", NAME, "--no-deps", "--index-url", index)
