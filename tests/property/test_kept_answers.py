"""Whatever is asked, an answer that is given again is the one that the request would get in full."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_server.distributions import sdist, wheel
from reference_server.flavours import all_flavours
from reference_server.http.request_log.lines import json_line
from reference_server.model import TokenRecord
from reference_server.rules.ready_made import PASSWORD, PERSONAL_ACCESS_TOKENS
from reference_server.serving.default_registry import default_registry

from ..unit.server.answers import Asked, Both, basic, both, etags

NOON = datetime(2026, 11, 22, 12, 0, 0, 170_000, tzinfo=UTC)
WHEEL, SDIST = wheel("Demo.Pkg", "1.0", requires_python=">=3.8"), sdist("Demo.Pkg", "1.0")
LARGE = wheel("large", "1.0", size=300_000)
OWNERS = (1, 2, 4, 5)


@cache
def served(flavour: str) -> Both:
    """Give two servers of one registry, for all examples: what one request leaves behind may meet any other."""
    registry = default_registry(now=lambda: NOON)
    for owner in OWNERS:
        for each in (WHEEL, SDIST, LARGE):
            registry.publish(each.filename, each.content, gitlab_project=owner)
    registry.publish("closed-1.0.tar.gz", b"1", gitlab_project=2)
    registry.set_status("closed", "quarantined", reason="why", gitlab_project=2)
    registry.yank("demo-pkg", filename=SDIST.filename, reason="r", gitlab_project=2)
    registry.attach_provenance("demo-pkg", WHEEL.filename, {"version": 1}, gitlab_project=2)
    for day in (22, 23):
        record = TokenRecord(name=f"until-{day}", expires_at=date(2026, 11, day))
        token = replace(PERSONAL_ACCESS_TOKENS[0], secret=f"until-{day}", record=record)
        registry.store.add_personal_access_token(token)
    return both(registry, flavour=flavour)


NAMES = ("demo-pkg", "Demo.Pkg", "demo__pkg", "large", "closed", "absent", "%00", "a b")
FILES = [f"{each.sha256}/{each.filename}{suffix}" for each in (WHEEL, SDIST) for suffix in ("", ".metadata")]
FILES += [f"{LARGE.sha256}/{LARGE.filename}", f"{WHEEL.sha256}/{SDIST.filename}", "0/x"]

BASES = st.one_of(
    st.sampled_from([*OWNERS, 3, 9, "conformance%2Fpublic"]).map(
        lambda owner: f"/api/v4/projects/{owner}/packages/pypi"
    ),
    st.sampled_from(["conformance", "conformance%2Fteam", "absent"]).map(
        lambda group: f"/api/v4/groups/{group}/-/packages/pypi"
    ),
    st.just(""),
)
BELOW = st.one_of(
    st.sampled_from(["/simple/", "/simple", "/integrity/demo-pkg/1.0/" + WHEEL.filename + "/provenance"]),
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["/", ""])).map(
        lambda pair: f"/simple/{''.join(pair)}"
    ),
    st.sampled_from(FILES).map(lambda file: f"/files/{file}"),
    st.sampled_from(["", "/", "/-/absent", "/api/v4/projects/2/packages"]),
)
JSON, HTML = "application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.v1+html"
ACCEPT = st.sampled_from(
    [JSON, HTML, "text/html", "*/*", f"{JSON};q=0.1, text/html", "image/png", "text/html;q=2"]
)
DATES = st.sampled_from(
    [
        "Sun, 22 Nov 2026 12:00:00 GMT",
        "Sun, 22 Nov 2026 11:59:59 GMT",
        "Sun, 22 Nov 2026 12:00:01 GMT",
        "never",
    ]
)
TAGS = st.sampled_from(
    ["*", '"none"', f'"{WHEEL.sha256}"', f'W/"{WHEEL.sha256}"', f'"{SDIST.sha256}", "b"', "x"]
)
CREDENTIALS: list[dict[str, str]] = [
    {},
    basic(PASSWORD),
    basic(PASSWORD, "other"),
    basic("reference-stranger-token"),
    basic("reference-revoked-token"),
    basic("reference-deploy-read-token", "deploy-read"),
    basic("reference-job-token", "gitlab-ci-token"),
    basic("until-22"),
    basic("until-23"),
    {"PRIVATE-TOKEN": PASSWORD},
    {"PRIVATE-TOKEN": "unknown"},
    {"JOB-TOKEN": "reference-job-token"},
    {"Authorization": f"Bearer {PASSWORD}"},
    {"Authorization": "Basic ="},
]
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "Accept": ACCEPT,
        "Accept-Encoding": st.sampled_from(["gzip", "identity", "gzip;q=0", "*", "br, gzip;q=0.5"]),
        "If-None-Match": TAGS,
        "If-Match": TAGS,
        "If-Modified-Since": DATES,
        "If-Unmodified-Since": DATES,
        "Range": st.sampled_from(["bytes=0-3", "bytes=-4", "bytes=9999999-", "bytes=0-1,3-4", "pages=1-2"]),
        "If-Range": st.one_of(DATES, TAGS),
        "User-Agent": st.sampled_from(["pip/25.0", "uv/0.9"]),
        "Origin": st.sampled_from(["http://localhost", "https://registry.example.com"]),
        "X-Forwarded-Host": st.just("registry.example.com"),
        "Transfer-Encoding": st.just("chunked"),
    },
)
ENVIRONS = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_HOST": st.sampled_from(["registry.example.com", "localhost:8080", "[::1]:1", "a b", "", None]),
        "SCRIPT_NAME": st.sampled_from(["/mounted"]),
        "CONTENT_LENGTH": st.sampled_from(["0", "3"]),
        "wsgi.url_scheme": st.just("https"),
        "SERVER_PROTOCOL": st.sampled_from(["HTTP/1.0", "HTTP/1"]),
        "RAW_URI": st.none(),
        "REQUEST_URI": st.none(),
    },
)
QUERIES = st.sampled_from(
    [
        "",
        "",
        f"format={JSON}",
        "format=text/html",
        "format=x",
        f"private_token={PASSWORD}",
        "private_token=x",
        "a",
    ]
)


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    """Draw a request; most of them read a page or a file."""
    return Asked(
        path=draw(BASES) + draw(BELOW),
        method=draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS", "POST"])),
        query=draw(QUERIES),
        headers={**draw(FIELDS), **draw(st.sampled_from(CREDENTIALS))},
        environ=draw(ENVIRONS),
    )


def logged(app: Any) -> Any:
    """Give what the log says of the last request, without what is different each time."""
    entry = json.loads(json_line(app.log[-1]))
    return {name: value for name, value in entry.items() if name not in {"number", "seconds"}}


@pytest.mark.parametrize("flavour", [each.name for each in all_flavours()])
@given(st.lists(requests(), min_size=1, max_size=4))
def test_an_answer_that_is_given_again_is_the_one_in_full(flavour: str, drawn: list[Asked]) -> None:
    servers = served(flavour)
    for asked in drawn:
        totals = servers.again.log.total, servers.in_full.log.total
        answered = servers.of(asked)
        assert servers.again.log.total - totals[0] == 2 * (servers.in_full.log.total - totals[1])
        if servers.in_full.log.total > totals[1]:
            expected = logged(servers.in_full)
            assert logged(servers.again) == expected
        for tag in etags(answered):
            servers.of(Asked(asked.path, asked.method, asked.query, {**asked.headers, "If-None-Match": tag}))
