"""The page of the reference server as a reader has it: at two widths, by keyboard, and without a script."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from reference_server import ReferenceServer
from reference_server.distributions import sdist, wheel
from reference_server.model import CoreMetadata
from reference_server.rules import management, protection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .devtools import DevTools

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]

PACKAGES = "/conformance/registry/-/packages"
VIEWS = (
    "/",
    "/projects/new",
    PACKAGES,
    f"{PACKAGES}?search=nothing",
    "/conformance/switched-off/-/packages",
    "/conformance/registry/-/settings/packages_and_registries",
    "/conformance/registry/-/settings/repository",
    "/-/user_settings/personal_access_tokens",
    "/-/requests",
    "/users/sign_in",
)
LOOKS = ((1280, False), (390, True))
README = b"# Title\n\n*Text* with a [link](https://docs.example.com), ![a picture](https://docs.example.com/x.png)\n\n"
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nSummary: Says hello\nKeywords: a,b\n"
OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.removeAttribute('name'); each.open = true; })"
AXE = """
axe.run({resultTypes: ["violations"]}).then((found) =>
  found.violations.map((each) => [each.id, each.nodes.map((node) => node.html)]))
"""
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        for made in (wheel("demo", "1.0"), sdist("demo", "1.0")):
            server.registry.publish(made.filename, made.content)
        (package,) = server.registry.store.packages(1)
        document = METADATA + b"Description-Content-Type: text/markdown\n\n" + README + b"```\ncode\n```\n"
        described = tuple(replace(file, core_metadata=CoreMetadata(document)) for file in package.files)
        server.registry.store.put_package(replace(package, files=described))
        server.registry.yank("demo", filename="demo-1.0.tar.gz", reason="broken")
        project = server.registry.gitlab_project("1")
        protection.add_rule(server.registry, project, "company-*", push="owner", delete="")
        management.change_settings(server.registry, project, job_token_scope=frozenset({2}))
        yield server


@pytest.fixture
def signed_in(tab: DevTools, server: ReferenceServer) -> DevTools:
    tab.call("Network.clearBrowserCookies")
    tab.problems.clear()
    tab.open(f"{server.origin}/users/sign_in")
    with tab.loading():
        tab.run(
            f"document.querySelector('[name=token]').value = '{server.password}';"
            "document.querySelector('main form').requestSubmit()"
        )
    return tab


def judged(tab: DevTools, axe: str) -> list[object]:
    """Return what axe finds in the page as it is, with everything folded out."""
    tab.run(OPEN_ALL)
    tab.run(axe)
    return list(tab.run(AXE))


def test_every_view_is_accessible_and_fits(signed_in: DevTools, server: ReferenceServer) -> None:
    """axe-core judges names, roles, contrast and structure; nothing fails to load, and nothing overflows."""
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    (package,) = server.registry.store.packages(1)
    found = {}
    for width, dark in LOOKS:
        signed_in.look(width, dark=dark)
        for view in (*VIEWS, f"{PACKAGES}/{package.id}"):
            signed_in.open(server.origin + view)
            found[view, width] = judged(signed_in, axe), signed_in.run(WIDTH)
    assert {view: seen for view, seen in found.items() if seen != ([], view[1])} == {}
    assert signed_in.problems == []


def test_the_keyboard_reaches_everything(signed_in: DevTools, server: ReferenceServer) -> None:
    signed_in.open(server.origin + PACKAGES)
    reached = []
    for _ in range(12):
        for kind in ("keyDown", "keyUp"):
            signed_in.call("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
        reached.append(
            signed_in.run("document.activeElement.textContent.trim() || document.activeElement.name")
        )
    assert reached[:2] == ["Skip to the content", "Reference registry"]
    assert {"Projects", "Requests", "Access tokens", "Sign out", "Package Registry", "search", "Search"} <= {
        *reached
    }


def test_lines_are_copied_by_a_button(signed_in: DevTools, server: ReferenceServer) -> None:
    (package,) = server.registry.store.packages(1)
    signed_in.open(f"{server.origin}{PACKAGES}/{package.id}")
    signed_in.call("Browser.grantPermissions", origin=server.origin, permissions=["clipboardReadWrite"])
    copied = signed_in.run(
        "new Promise((resolve) => { navigator.clipboard.writeText = async (text) => resolve(text);"
        "document.querySelector('.copier').click(); })"
    )
    assert copied.startswith(
        "pip install demo --extra-index-url http://__token__:<your_personal_access_token>@"
    )


def test_lines_are_copied_by_hand(signed_in: DevTools, server: ReferenceServer) -> None:
    """Each line is a block of its own, so that a long one that wraps is seen as one. No line is copied twice."""
    signed_in.open(server.origin + PACKAGES)
    signed_in.run(OPEN_ALL)
    copied = signed_in.run(
        "[...document.querySelectorAll('pre.copy')].map((each) => {"
        "getSelection().selectAllChildren(each); return [getSelection().toString().trimEnd(), each.textContent]; })"
    )
    assert len(copied) > 5
    assert [by_hand for by_hand, written in copied if by_hand != written] == []


def test_without_a_script_a_package_is_yanked_and_deleted(
    signed_in: DevTools, server: ReferenceServer
) -> None:
    other = wheel("other", "1.0")
    package = server.registry.publish(other.filename, other.content).package_id
    signed_in.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        path = f"{server.origin}{PACKAGES}/{package}"
        signed_in.open(path)
        for verb in ("yank", "delete"):
            with signed_in.loading():
                signed_in.run(
                    f"const form = document.querySelector('[action$=\"/{package}/{verb}\"]');"
                    "form.closest('details').open = true; form.querySelector('button').click()"
                )
            if verb == "yank":
                assert server.registry.store.packages(1)[-1].files[0].yanked == ""
        assert (
            signed_in.run("document.querySelector('.notice').textContent.trim()") == "other 1.0 was deleted."
        )
        assert server.registry.store.package(package) is None
    finally:
        signed_in.call("Emulation.setScriptExecutionDisabled", value=False)
    assert signed_in.problems == []


def test_another_sites_page_cannot_publish(signed_in: DevTools, server: ReferenceServer) -> None:
    """A form of another origin, with the public token in the URL, as any web page can send one."""
    host = server.url.replace("http://", f"http://__token__:{server.password}@")
    form = (
        f'<form id="f" method="post" enctype="multipart/form-data" action="{host}">'
        '<input name="name" value="evil"><input name="version" value="1.0">'
        '<input type="file" name="content"></form>'
    )
    signed_in.open(f"data:text/html,{form}")
    with signed_in.loading():
        signed_in.run(
            "const data = new DataTransfer(); data.items.add(new File(['x'], 'evil-1.0.tar.gz'));"
            "document.querySelector('[type=file]').files = data.files; document.getElementById('f').submit()"
        )
    assert "403 Forbidden - Cross-site request" in signed_in.run("document.body.textContent")
    assert [each.name for each in server.registry.store.packages(1)] == ["demo"]
