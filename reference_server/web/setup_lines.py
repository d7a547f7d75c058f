"""The lines that point clients at the registry. They have a placeholder where the token goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_server.flavours.flavour import REPOSITORY

if TYPE_CHECKING:
    from reference_server.flavours.flavour import Flavour
    from reference_server.model import GitLabProject

TOKEN = "<your_personal_access_token>"  # noqa: S105 - a placeholder


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines to paste, with the file or the shell that they are for."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Client:
    """A client and what to paste for it."""

    name: str
    purpose: str
    lines: tuple[Lines, ...]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a GitLab project's registry is: for uploads, and its index."""

    upload: str
    index: str

    @property
    def with_token(self) -> str:
        """The index with the user name and the placeholder of a token."""
        scheme, _, rest = self.index.partition("://")
        return f"{scheme}://__token__:{TOKEN}@{rest}"


def addresses(root_url: str, flavour: Flavour, gitlab_project: GitLabProject) -> Addresses:
    """Return the addresses of a GitLab project's registry. `root_url` is the server's."""
    layout, origin = flavour.layout, root_url.rstrip("/")

    def url(own: str, usual: str) -> str:
        if "{gitlab_project}" not in own and gitlab_project.id != flavour.gitlab_project:
            own = usual  # the flavour's URLs are those of one GitLab project
        return origin + own.replace("{gitlab_project}", str(gitlab_project.id))

    return Addresses(url(layout.upload, REPOSITORY), url(layout.index, f"{REPOSITORY}/simple/"))


def clients(at: Addresses, name: str, *, is_public: bool) -> tuple[Client, ...]:
    """Return the lines for each client. `name` is the project to install."""
    index = at.index if is_public else at.with_token
    return (
        Client("pip", "install", _pip(index, name)),
        Client("uv", "install and publish", _uv(at, name)),
        Client("Poetry", "install and publish", _poetry(at, name)),
        Client("Twine", "publish", _twine(at)),
        Client("GitLab CI/CD", "publish", _gitlab_ci(at)),
    )


def _pip(index: str, name: str) -> tuple[Lines, ...]:
    return (
        Lines("shell", f"pip install {name} --extra-index-url {index}"),
        Lines("pip.conf", f"[global]\nextra-index-url = {index}"),
    )


def _uv(at: Addresses, name: str) -> tuple[Lines, ...]:
    return (
        Lines(
            "pyproject.toml",
            f'[[tool.uv.index]]\nname = "gitlab"\nurl = "{at.index}"\npublish-url = "{at.upload}"',
        ),
        Lines(
            "shell",
            "export UV_INDEX_GITLAB_USERNAME=__token__\n"
            "read -rs UV_INDEX_GITLAB_PASSWORD && export UV_INDEX_GITLAB_PASSWORD  # paste the token\n"
            f"uv add {name} --index gitlab={at.index}",
        ),
        Lines(
            "shell",
            "export UV_PUBLISH_USERNAME=__token__\n"
            "read -rs UV_PUBLISH_PASSWORD && export UV_PUBLISH_PASSWORD  # paste the token\n"
            "uv publish --index gitlab",
        ),
    )


def _poetry(at: Addresses, name: str) -> tuple[Lines, ...]:
    return (
        Lines(
            "shell",
            f"poetry source add --priority=supplemental gitlab {at.index}\n"
            "poetry config http-basic.gitlab __token__  # asks for the token\n"
            f"poetry add --source gitlab {name}",
        ),
        Lines(
            "shell",
            f"poetry config repositories.gitlab {at.upload}\npoetry publish --build --repository gitlab",
        ),
    )


def _twine(at: Addresses) -> tuple[Lines, ...]:
    return (
        Lines(
            "~/.pypirc",
            "[distutils]\nindex-servers =\n    gitlab\n\n"
            f"[gitlab]\nrepository = {at.upload}\nusername = __token__\npassword = {TOKEN}",
        ),
        Lines("shell", "python3 -m twine upload --repository gitlab dist/*"),
        Lines(
            "shell, without the file",
            f"export TWINE_REPOSITORY_URL={at.upload} TWINE_USERNAME=__token__\n"
            "read -rs TWINE_PASSWORD && export TWINE_PASSWORD  # paste the token\n"
            "python3 -m twine upload dist/*",
        ),
    )


def _gitlab_ci(at: Addresses) -> tuple[Lines, ...]:
    return (
        Lines(
            ".gitlab-ci.yml",
            "publish:\n  image: python:latest\n  script:\n    - pip install build twine\n    - python -m build\n"
            "    - TWINE_PASSWORD=${CI_JOB_TOKEN} TWINE_USERNAME=gitlab-ci-token\n"
            f"      python -m twine upload --repository-url {at.upload} dist/*",
        ),
    )
