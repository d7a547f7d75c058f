"""Pictures of every view of the page, to be looked at: `python -m tests.browser.screenshots FOLDER`.

Each view is taken at the width of a desktop and of a phone, in light and in dark colours.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel
from reference_server.model import CoreMetadata
from reference_server.rules import management, protection

from .conftest import NAMES
from .devtools import devtools

if TYPE_CHECKING:
    from reference_server.distributions import Distribution

    from .devtools import DevTools

PROJECT = "/conformance/registry/-"
PACKAGES, SETTINGS = f"{PROJECT}/packages", f"{PROJECT}/settings/packages_and_registries"
LOOKS = [(width, dark) for width in (1280, 390) for dark in (False, True)]
METADATA = """Metadata-Version: 2.4
Name: company-http-client
Version: 2.1.0
Summary: Talks to the company's services, with retries and sensible time limits
Author: Jane Doe
License-Expression: MIT
Keywords: http,client,retry
Requires-Python: >=3.11
Requires-Dist: httpx>=0.27
Requires-Dist: tenacity>=8; extra == "retry"
Project-URL: Documentation, https://docs.example.com/http-client
Project-URL: Source, https://git.example.com/http-client
Description-Content-Type: text/markdown

# company-http-client

Talks to the company's services. See the [documentation](https://docs.example.com).

- retries what may be *retried*
- never waits for ever

| option | default |
|---|---|
| `timeout` | 10 s |
| `retries` | 3 |

```python
from company_http_client import Client

Client("https://service.example.com").get("/health")
```
"""
VIEWS = {
    "projects": "/",
    "new-project": "/projects/new",
    "packages": PACKAGES,
    "packages-second-page": f"{PACKAGES}?page=2",
    "packages-none-found": f"{PACKAGES}?search=nothing",
    "packages-off": "/conformance/switched-off/-/packages",
    "packages-empty": "/conformance/internal/-/packages",
    "package": f"{PACKAGES}/{{package}}",
    "settings": SETTINGS,
    "tokens-of-project": f"{PROJECT}/settings/repository",
    "tokens": "/-/user_settings/personal_access_tokens",
    "requests": "/-/requests",
    "not-found": f"{PACKAGES}/999999999",
}
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.removeAttribute('name'); each.open = true; })"
ONE_CONFIRMATION = "document.querySelector('.heading .confirm').open = true"


def fill(server: ReferenceServer) -> int:
    """Publish what a team has, and return the id of the package to show."""
    registry = server.registry
    for number in range(24):
        made = wheel(f"company-tool-{number:02}", "1.0.0")
        registry.publish(made.filename, made.content)
    for made in (wheel("company-http-client", "2.0.0"), *_client()):
        file = registry.publish(made.filename, made.content)
    package = registry.package(registry.gitlab_project("1"), file.package_id)
    files = tuple(
        replace(each, core_metadata=CoreMetadata(METADATA.encode()), published_by="maintainer")
        for each in package.files
    )
    registry.store.put_package(replace(package, files=files))
    registry.yank("company-http-client", filename=package.files[1].filename, reason="built without its data")
    project = registry.gitlab_project("1")
    protection.add_rule(registry, project, "company-*", push="maintainer", delete="owner")
    management.change_settings(registry, registry.gitlab_project("1"), job_token_scope=frozenset({2}))
    return package.id


def ask(server: ReferenceServer) -> None:
    """Ask for what clients ask for, so that the log has something to show."""
    for path, password in (
        ("", server.password),
        ("company-http-client/", server.password),
        ("absent/", server.password),
        ("company_http_client/", server.password),
        ("", "wrong"),
    ):
        requests.get(server.index_url + path, auth=("__token__", password), allow_redirects=False, timeout=10)


def _client() -> tuple[Distribution, ...]:
    return (wheel("company-http-client", "2.1.0"), sdist("company-http-client", "2.1.0"))


def sign_in(tab: DevTools, server: ReferenceServer, token: str) -> None:
    """Send the form for signing in."""
    tab.open(f"{server.origin}/users/sign_in")
    with tab.loading():
        tab.run(
            f"document.querySelector('[name=token]').value = '{token}';"
            "document.querySelector('main form').requestSubmit()"
        )


def send(tab: DevTools, url: str, script: str) -> None:
    """Open a page, and send one of its forms."""
    tab.open(url)
    with tab.loading():
        tab.run(script)


def take(tab: DevTools, folder: Path, name: str) -> None:
    """Take the page as it is in every look."""
    for width, dark in LOOKS:
        tab.look(width, dark=dark)
        tab.screenshot(folder / f"{name}-{width}-{'dark' if dark else 'light'}.png")


def signed_out(tab: DevTools, server: ReferenceServer, folder: Path) -> None:
    """Take what a visitor sees."""
    tab.open(f"{server.origin}/")
    take(tab, folder, "visitor")
    sign_in(tab, server, "wrong")
    take(tab, folder, "sign-in-refused")
    tab.open(f"{server.origin}/users/sign_in")
    take(tab, folder, "sign-in")


def signed_in(tab: DevTools, server: ReferenceServer, folder: Path, package: int) -> None:
    """Take every view of a Maintainer, some with everything folded out, and a new token."""
    for name, path in VIEWS.items():
        tab.open(server.origin + path.format(package=package))
        take(tab, folder, name)
    for name in ("packages", "settings", "tokens-of-project"):
        tab.open(server.origin + VIEWS[name])
        tab.run(OPEN_ALL)
        take(tab, folder, f"{name}-open")
    tab.open(f"{server.origin}{PACKAGES}/{package}")
    tab.run(ONE_CONFIRMATION)
    take(tab, folder, "package-yank")
    send(
        tab,
        server.origin + VIEWS["tokens"],
        "document.querySelector('[name=name]').value = 'laptop'; document.querySelector('[value=api]').checked = true;"
        "document.querySelector('main form').requestSubmit()",
    )
    take(tab, folder, "token-made")


def main(folder: Path) -> None:
    """Take all pictures."""
    program = next(filter(None, map(shutil.which, NAMES)))
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as profile,
        ReferenceServer() as server,
        devtools(program, Path(profile)) as tab,
    ):
        package = fill(server)
        ask(server)
        signed_out(tab, server, folder)
        sign_in(tab, server, "reference-owner-token")
        signed_in(tab, server, folder, package)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
