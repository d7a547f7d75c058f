"""A person with a browser, without a socket: keeps cookies, and fills in the forms that a page has."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client, TestResponse

from reference_server import create_app
from reference_server.distributions import wheel
from reference_server.model import CoreMetadata
from reference_server.rules.ready_made import PASSWORD

if TYPE_CHECKING:
    from reference_server.model import Package
    from reference_server.rules.registry import Registry

PACKAGES = "/conformance/registry/-/packages"
SETTINGS = "/conformance/registry/-/settings/packages_and_registries"
REPOSITORY = "/conformance/registry/-/settings/repository"
PERSONAL = "/-/user_settings/personal_access_tokens"


def publish(registry: Registry, name: str = "demo", version: str = "1.0", **metadata: Any) -> Package:
    made = wheel(name, version)
    registry.publish(made.filename, made.content)
    package = registry.packages(registry.gitlab_project("1"), name=name)[-1]
    if metadata:
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata.pop("lines")]
        document = "\n".join(lines).encode() + b"\n\n" + metadata.pop("text", "").encode()
        files = tuple(replace(file, core_metadata=CoreMetadata(document)) for file in package.files)
        registry.store.put_package(replace(package, files=files))
    return package


class Visitor:
    """Opens pages and sends forms."""

    def __init__(self, registry: Registry, token: str | None = PASSWORD, **more: Any) -> None:
        self.app = create_app(registry, **more)
        self.client = Client(self.app)
        self.csrf = ""
        if token is not None:
            assert self.sign_in(token).status_code == 303
            self.csrf = self.token_of("/")

    def sign_in(self, token: str, return_to: str = "/") -> TestResponse:
        return self.client.post("/users/sign_in", data={"token": token, "return_to": return_to})

    def token_of(self, path: str) -> str:
        found = re.search('name="authenticity_token" value="([^"]+)"', self.open(path).text)
        assert found, path
        return found[1]

    def open(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def send(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        return self.client.post(path, data={"authenticity_token": self.csrf} | (data or {}), **more)

    def after(self, path: str, data: dict[str, Any] | None = None) -> str:
        """Send a form that is accepted, and return the text of the page that follows."""
        answer = self.send(path, data)
        assert answer.status_code == 303, answer.text
        return self.open(answer.headers["Location"]).text
