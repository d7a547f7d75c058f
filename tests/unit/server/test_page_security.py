"""The page under attack: sessions, forms of other sites, stored markup, and what it sends with every answer."""

from __future__ import annotations

import io
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from reference_server import create_app
from reference_server.model import CoreMetadata, Credentials
from reference_server.rules import management
from reference_server.web import site
from reference_server.web.description import markdown
from reference_server.web.routes import ROUTES
from reference_server.web.setup_lines import TOKEN

from .conftest import NOON, Api
from .visitor import PACKAGES, PERSONAL, REPOSITORY, SETTINGS, Visitor, publish

if TYPE_CHECKING:
    from reference_server.rules.registry import Registry

MARKUP = "<b id=x>&amp;'\"</b>"
VIEWS = ("/", "/projects/new", PACKAGES, SETTINGS, REPOSITORY, PERSONAL, "/-/requests")


@pytest.fixture
def visitor(registry: Registry) -> Visitor:
    return Visitor(registry)


# signing in


def test_first_visits_at_the_same_moment_share_their_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    class Slow(site.Site):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            time.sleep(0.05)
            made.append(self)

    monkeypatch.setattr(site, "Site", Slow)
    app = create_app()
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: Client(app).get("/").status_code, range(4))
    assert [*answers] == [200] * 4
    assert len(made) == 1


def test_signing_in_leads_back_and_out_again(registry: Registry) -> None:
    visitor = Visitor(registry, None)
    answer = visitor.sign_in(" reference-api-token ", PACKAGES)
    assert answer.headers["Location"] == PACKAGES
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("; HttpOnly", "; SameSite=Strict", "; Path=/"))
    visitor.csrf = visitor.token_of("/")
    kept = visitor.client.get_cookie("registry_session")
    assert visitor.send("/users/sign_out").status_code == 303
    assert visitor.open(PACKAGES).status_code == 303
    assert kept is not None
    visitor.client.set_cookie("registry_session", kept.value)
    assert visitor.open(PACKAGES).status_code == 303, "the session ended at the server"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no-token",
        "reference-expired-token",
        "reference-revoked-token",
        "reference-deploy-write-token",
        "reference-job-token",
        "\udfff",
    ],
)
def test_other_tokens_do_not_sign_in(registry: Registry, token: str) -> None:
    visitor = Visitor(registry, None)
    answer = visitor.client.post("/users/sign_in", data={"token": token.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 422
    assert "Set-Cookie" not in answer.headers
    assert visitor.open(PACKAGES).status_code == 303


@pytest.mark.parametrize(
    "return_to",
    [
        "https://evil.example.com/",
        "//evil.example.com",
        "/\\evil.example.com",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "",
        "\t//evil.example.com",
    ],
)
def test_signing_in_leads_to_this_server_only(registry: Registry, return_to: str) -> None:
    answer = Visitor(registry, None).sign_in("reference-api-token", return_to)
    assert answer.headers["Location"] == "/"
    assert "a=b" not in answer.headers["Set-Cookie"]


def test_a_session_ends_with_its_token_and_with_time(registry: Registry) -> None:
    visitor, other = Visitor(registry), Visitor(registry, "reference-owner-token")
    user = registry.identify(Credentials(private_token="reference-api-token")).user
    assert user is not None
    for token in management.personal_access_tokens(registry, user):
        management.revoke(registry, [token], token.record.id)
    assert visitor.open(PACKAGES).status_code == 303
    assert other.open(PACKAGES).status_code == 200
    registry.now = lambda: NOON + timedelta(hours=8, seconds=1)
    other.app._registry.now = registry.now
    other.app._site._registry.now = registry.now  # type: ignore[attr-defined]
    assert other.open(PACKAGES).status_code == 303


# attacks


def test_a_form_with_too_many_parts_or_cut_short_is_refused(registry: Registry) -> None:
    client = Visitor(registry, None).client
    part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    kind = "multipart/form-data; boundary=x"
    answer = client.post("/users/sign_in", data=part * 1001 + "--x--\r\n", content_type=kind)
    assert answer.status_code == 413
    headers = {"PRIVATE-TOKEN": "reference-api-token"}
    for path in ("/users/sign_in", "/api/v4/projects"):
        cut = {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "99"}
        kind = "application/x-www-form-urlencoded"
        answer = client.post(path, environ_overrides=cut, content_type=kind, headers=headers)
        assert answer.status_code == 400


@pytest.mark.parametrize(
    "route", [each for each in ROUTES if each.method == "POST"], ids=lambda each: each.name
)
def test_a_form_without_the_sessions_token_changes_nothing(registry: Registry, route: Any) -> None:
    package = publish(registry)
    visitor = Visitor(registry)
    path = route.path.replace("<path:project>", "conformance/registry").replace(
        "<id:package_id>", str(package.id)
    )
    path = re.sub("<id:[a-z_]+>", "1", path.replace("<id:file_id>", str(package.files[0].id)))
    before = (
        registry.packages(registry.gitlab_project("1")),
        registry.store.tokens(),
        registry.store.gitlab_projects(),
    )
    for csrf in (None, "", "x", Visitor(registry).csrf):
        data = {} if csrf is None else {"authenticity_token": csrf}
        answer = visitor.client.post(path, data=data | {"name": "x", "scopes[]": "api", "path": "a/b"})
        assert answer.status_code == (422 if route.name == "sign_in" else 403)
    after = (
        registry.packages(registry.gitlab_project("1")),
        registry.store.tokens(),
        registry.store.gitlab_projects(),
    )
    assert after == before
    assert visitor.open("/-/requests").status_code == 200, "still signed in"


CROSS_SITE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example.com"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Origin": "http://[bad"},
    {"Origin": "file://localhost"},
)
OWN_SITE = (
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://localhost"},
    {"Origin": "https://LOCALHOST"},
)


@pytest.mark.parametrize("headers", CROSS_SITE, ids=str)
def test_requests_of_other_sites_pages_are_refused(registry: Registry, headers: dict[str, str]) -> None:
    api, visitor = Api(registry), Visitor(registry)
    application = Client(create_app(registry, controlled=True))
    before = registry.store.gitlab_projects()
    assert api.upload(headers=headers).status_code == 403
    assert (
        api.request("PUT", "/projects/1", json={"packages_enabled": False}, headers=headers).status_code
        == 403
    )
    assert visitor.send(SETTINGS, {}, headers=headers).status_code == 403
    assert application.delete("/-/reference/faults", headers=headers).status_code == 403
    assert registry.store.gitlab_projects() == before
    assert registry.packages(registry.gitlab_project("1")) == ()
    assert api.get("/projects/1/packages", headers=headers).status_code == 200, (
        "reading is left to the browser"
    )


@pytest.mark.parametrize("headers", OWN_SITE, ids=str)
def test_own_pages_and_other_clients_are_not_refused(registry: Registry, headers: dict[str, str]) -> None:
    assert Api(registry).upload(headers=headers).status_code == 201
    assert Visitor(registry).send(SETTINGS, {"packages_enabled": "on"}, headers=headers).status_code == 303


@pytest.mark.parametrize(
    ("host", "address", "headers", "status"),
    [
        ("evil.example", "127.0.0.1", {"Origin": "http://evil.example"}, 403),
        ("evil.example:80", "::1", {"Origin": "http://evil.example:80"}, 403),
        ("evil.example", "::ffff:127.0.0.1", {"Origin": "http://evil.example"}, 403),
        ("evil.example", "127.0.0.1", {"Sec-Fetch-Site": "same-origin"}, 403),
        ("localhost.evil.example", "127.0.0.1", {"Origin": "http://localhost.evil.example"}, 403),
        ("notlocalhost", "127.0.0.1", {"Origin": "http://notlocalhost"}, 403),
        ("app.localhost:8765", "127.0.0.1", {"Origin": "http://app.localhost:8765"}, 201),
        ("[::1]:8765", "::1", {"Origin": "http://[::1]:8765"}, 201),
        ("127.0.0.1:8765", "127.0.0.1", {"Origin": "http://127.0.0.1:8765"}, 201),
        ("registry.example.com", "127.0.0.1", {"Origin": "https://registry.example.com"}, 201),
        ("registry.example.com", "192.0.2.1", {"Origin": "http://registry.example.com"}, 201),
        ("registry.example.com", "", {"Origin": "http://registry.example.com"}, 201),
        ("registry.example.com", "127.0.0.1", {}, 201),
    ],
)
def test_a_name_that_was_rebound_to_this_machine_is_another_site(
    registry: Registry, host: str, address: str, headers: dict[str, str], status: int
) -> None:
    answer = Api(registry).upload(
        headers=headers, base_url=f"http://{host}", environ_overrides={"REMOTE_ADDR": address}
    )
    assert answer.status_code == status


def test_stored_markup_is_shown_as_text_in_every_view(registry: Registry) -> None:
    lines = [
        f"Summary: {MARKUP}",
        f"Author: {MARKUP}",
        f"Project-URL: {MARKUP}, https://example.com/{MARKUP}",
    ]
    lines += [f"Requires-Dist: {MARKUP}", f"Keywords: {MARKUP}", f"License: {MARKUP}"]
    package = publish(registry, lines=lines, text=MARKUP)
    registry.yank("demo", reason=MARKUP)
    registry.set_status("demo", "deprecated", reason=MARKUP)
    files = tuple(
        replace(file, filename=f"{MARKUP}.whl", requires_python=MARKUP, published_by=MARKUP)
        for file in registry.packages(registry.gitlab_project("1"))[0].files
    )
    found = registry.packages(registry.gitlab_project("1"))[0]
    registry.store.put_package(replace(found, name=MARKUP, version=MARKUP, files=files))
    project = registry.gitlab_project("1")
    registry.store.add_gitlab_project(
        replace(project, members={**project.members, MARKUP: project.members["guest"]})
    )
    visitor = Visitor(registry)
    visitor.after(PERSONAL, {"name": MARKUP, "scopes[]": "read_api"})
    visitor.after(
        f"{REPOSITORY}/deploy_tokens",
        {"name": MARKUP, "scopes[]": "read_package_registry", "username": "<b>"},
    )
    visitor.after(f"{REPOSITORY}/job_tokens", {"name": MARKUP})
    visitor.client.get(f"/{MARKUP}", headers={"Authorization": "Basic " + "x" * 9})
    views = [*VIEWS, f"{PACKAGES}/{package.id}", f"{PACKAGES}?search={MARKUP}", f"/?search={MARKUP}"]
    for view in views:
        answer = visitor.open(view)
        assert answer.status_code == 200
        assert "<b" not in answer.text.replace("<body>", "").replace("<button", ""), view
    shown = "".join(visitor.open(view).text for view in views)
    assert shown.count("&lt;b id=x&gt;") > 20
    refused = visitor.send("/projects", {"path": MARKUP, "visibility": "private"})
    assert "<b" not in refused.text.replace("<body>", "").replace("<button", "")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](https://example.com/x.png)",
        '!["><script>alert(1)</script>](https://example.com/x.png)',
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
        "```<script>\nalert(1)\n```",
        '[x](https://example.com "onclick=alert(1)")',
        "<a href='https://example.com' onclick='alert(1)'>x</a>",
        "<style>*{display:none}</style><iframe src=x>",
    ],
)
def test_markdown_holds_no_script_and_no_image(text: str) -> None:
    html = str(markdown(text))
    tags = re.findall(r"<(\w+)([^>]*)>", html)
    assert {name for name, _ in tags} <= {"p", "a", "pre", "code", "em", "strong"}
    for _, attributes in tags:
        rest = re.sub(r'"[^"]*"', "", attributes)
        assert set(re.findall(r"[\w-]+", rest)) <= {"href", "title", "rel", "class"}
        assert not re.search(r'href="(?!https://)', attributes)


def test_headings_of_a_description_stay_below_those_of_the_page() -> None:
    assert re.findall(r"<(h\d)", str(markdown("# a\n\n## b\n\n###### c"))) == ["h3", "h4", "h6"]


def test_an_unreadable_or_enormous_description_is_no_error(visitor: Visitor, registry: Registry) -> None:
    package = publish(registry, lines=["Description-Content-Type: text/markdown"], text="*x* " * 50_000)
    text = visitor.open(f"{PACKAGES}/{package.id}").text
    assert "Only its beginning is shown" in text
    assert "<em>" not in text
    files = tuple(replace(file, core_metadata=CoreMetadata(b"\xff\x00: \n\n\xff")) for file in package.files)
    registry.store.put_package(replace(package, files=files))
    assert visitor.open(f"{PACKAGES}/{package.id}").status_code == 200


@pytest.mark.parametrize("view", [*VIEWS, "/users/sign_in", f"{PACKAGES}/99", "/-/assets/page.css"])
def test_every_answer_has_the_fields_that_protect_it(visitor: Visitor, view: str) -> None:
    headers = visitor.open(view).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert ("no-store" in headers["Cache-Control"]) == ("assets" not in view)


def test_templates_have_no_inline_script_and_no_inline_style(visitor: Visitor, registry: Registry) -> None:
    package = publish(registry)
    for view in (*VIEWS, f"{PACKAGES}/{package.id}", "/users/sign_in"):
        text = visitor.open(view).text
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:", text), view


def test_lines_to_paste_hold_a_placeholder_and_no_secret(visitor: Visitor, registry: Registry) -> None:
    package = publish(registry)
    text = visitor.open(f"{PACKAGES}/{package.id}").text
    lines = "".join(re.findall(r"<pre class=\"copy\".*?</pre>", text, re.DOTALL))
    assert lines.count("http://localhost/api/v4/projects/1/packages/pypi") == 8
    assert TOKEN.replace("<", "&lt;").replace(">", "&gt;") in lines
    assert "reference-" not in lines
