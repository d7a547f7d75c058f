"""The pages of `python -m implementations matrix`: whole, linked, and deaf to what a registry puts into them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from conformance.catalogue import catalogue

from .checkout import module

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<img src=x onerror=alert(1)>"


def result_of(verdicts: dict[str, str]) -> str:
    exchange = {
        "number": 1,
        "request": "GET http://127.0.0.1:1/simple/",
        "credential": "",
        "request_headers": {},
        "request_body": "",
        "status": 200,
        "reason": "OK",
        "response_headers": {},
        "response_body": HOSTILE,
        "seconds": 0.1,
    }
    rows = [
        {
            "id": name,
            "level": str(catalogue()[name].level),
            "standing": str(catalogue()[name].standing),
            "verdict": verdict,
            "message": "",
            "expected": "expected this",
            "found": HOSTILE,
            "where": "there",
            "duration": 0.1,
            "requests": 1,
            "exchanges": [exchange],
        }
        for name, verdict in verdicts.items()
    ]
    return json.dumps(
        {
            "suite": {"name": "pypi-registry-conformance", "version": "0.1.0"},
            "target": {"url": "http://127.0.0.1:1", "profile": "index", "embedded": False},
            "run": "",
            "started": "2026-11-22T17:25:54+00:00",
            "finished": "2026-11-22T17:25:59+00:00",
            "summary": {"requests": 7, "seed": 0, "exit_code": 1, "notes": ["/home/jane/ledger lists them"]},
            "results": rows,
        }
    )


def site_of(results: dict[str, dict[str, str]], tmp_path: Path, *, embargo: str = "") -> dict[str, str]:
    for name, verdicts in results.items():
        (tmp_path / "results" / name).mkdir(parents=True)
        (tmp_path / "results" / name / "result.json").write_text(result_of(verdicts), encoding="utf-8")
    (tmp_path / "embargo.toml").write_text(embargo, encoding="utf-8")
    site = module("site")
    registries = site.read_registries(tmp_path / "results", embargo=tmp_path / "embargo.toml")
    site.write_site(registries, tmp_path / "site")
    return {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "site").iterdir()}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    repeat, cause = "upload.digest.malformed", "upload.digest.mismatch"
    return site_of(
        {
            "pypiserver": {repeat: "failed", cause: "failed", "http.pages.etag": "failed"},
            "nginx-folder": {"simple.html.doctype": "failed", "http.pages.etag": "passed"},
        },
        tmp_path_factory.mktemp("published"),
        embargo='[[row]]\nimplementation = "pypiserver"\nid = "http.pages.etag"\nfinding = "right"\n'
        'evidence = "Kept out of what is published."\n',
    )


def test_each_deviation_has_its_evidence_and_each_repeat_is_below_its_cause(site: dict[str, str]) -> None:
    page = site["pypiserver.html"]
    causes = page[page.index('<ol class="causes">') : page.index("</ol>")]
    assert causes.index("upload.digest.mismatch") < causes.index("upload.digest.malformed")
    assert causes.count("\n<li>") == 2, "a cause, and what repeats it"
    assert "reads no digest, whatever its form" in causes
    assert "reads no digest, whatever its form" in site["area-upload.html"]


def test_links_lead_to_what_is_there(site: dict[str, str]) -> None:
    for name, text in site.items():
        if name.endswith(".html"):
            for page, anchor in re.findall(r'href="([a-z-]+\.[a-z]+)?(?:#([a-z0-9.-]+))?"', text):
                assert page in {*site, ""}, f"{name} links {page}"
                assert not anchor or f'id="{anchor}"' in site[page or name], f"{name} links {page}#{anchor}"


def test_a_row_under_embargo_is_published_nowhere(site: dict[str, str]) -> None:
    assert "Kept out of what is published" not in "".join(site.values())
    assert json.loads(site["matrix.json"])["registries"][1]["verdicts"].keys() == {
        "upload.digest.mismatch",
        "upload.digest.malformed",
    }
    for name in ("pypiserver.html", "pypiserver.json"):
        assert "http.pages.etag" not in site[name]
    assert json.loads(site["pypiserver.json"])["summary"]["verdicts"]["failed"] == 2
    assert "http.pages.etag" in site["nginx-folder.json"]


def test_earlier_results_show_what_has_changed(tmp_path: Path) -> None:
    site = module("site")
    for place, started, verdicts in (
        ("newest", "2026-11-23", {"http.pages.etag": "passed", "simple.html.doctype": "failed"}),
        ("oldest", "2026-09-01", {"http.pages.etag": "warned", "simple.html.doctype": "passed"}),
        ("older", "2026-10-01", {"http.pages.etag": "warned", "simple.html.doctype": "failed"}),
    ):
        (tmp_path / place / "nginx-folder").mkdir(parents=True)
        text = result_of(verdicts).replace("2026-11-22", started)
        (tmp_path / place / "nginx-folder" / "result.json").write_text(text, encoding="utf-8")
    (registry,) = site.read_registries(
        tmp_path / "newest", earlier=[tmp_path / "older", tmp_path / "oldest", tmp_path]
    )
    assert [(step.registry.date[:10], step.changes) for step in registry.trend] == [
        ("2026-11-23", {"http.pages.etag": "warned, then passed"}),
        ("2026-10-01", {"simple.html.doctype": "passed, then failed"}),
        ("2026-09-01", {}),
    ]
    site.write_site([registry], tmp_path / "site")
    page = (tmp_path / "site" / "nginx-folder.html").read_text(encoding="utf-8")
    assert page.index("2026-11-23 17:25") < page.index("2026-10-01 17:25") < page.index("2026-09-01 17:25")
    assert "warned, then passed" in page
    (kept,) = json.loads((tmp_path / "site" / "matrix.json").read_text(encoding="utf-8"))["registries"]
    assert [each["verdicts"] for each in kept["earlier"]] == [
        {"passed": 1, "warned": 1},
        {"failed": 1, "warned": 1},
    ]


def test_without_earlier_results_there_is_no_trend(site: dict[str, str]) -> None:
    assert "Over time" not in site["pypiserver.html"]


def test_paths_of_the_machine_are_left_out(site: dict[str, str]) -> None:
    assert "/home/jane/ledger" not in "".join(site.values())


def test_pages_load_nothing_and_run_nothing_of_a_registry(site: dict[str, str]) -> None:
    for name, text in site.items():
        if name.endswith(".html"):
            assert HOSTILE not in text
            assert re.findall(r"<(?:img|link|iframe)\b|<script src|@import", text) == []
            assert "default-src 'none'" in text


def loaded(verdicts: dict[str, str]) -> str:
    purposes = [
        {
            "purpose": purpose,
            "requests": requests,
            "per_second": requests / 10,
            "failed": 1,
            "median": 0.0015,
            "p95": 0.02,
            "p99": 0.3,
            "slowest": 4,
        }
        for purpose, requests in (("page", 90), ("upload", 10))
    ]
    result = json.loads(result_of(verdicts))
    figures = {"users": 20, "mix": "registry", "seconds": 10, "processes": 1, "purposes": purposes}
    return json.dumps(result | {"summary": result["summary"] | {"load": figures}})


def test_figures_and_findings_under_load_are_shown_where_there_are_any(tmp_path: Path) -> None:
    verdicts = {"load.one-winner": "failed", "load.one-order": "warned", "load.forms-agree": "untestable"}
    for name in ("pypiserver", "nginx-folder"):
        (tmp_path / "results" / name).mkdir(parents=True)
        text = result_of({"http.pages.etag": "passed"})
        (tmp_path / "results" / name / "result.json").write_text(text, encoding="utf-8")
    path = tmp_path / "results" / "pypiserver" / "load.json"
    path.write_text(loaded(verdicts), encoding="utf-8")
    embargo = tmp_path / "embargo.toml"
    embargo.write_text(
        '[[row]]\nimplementation = "pypiserver"\nid = "load.one-order"\nfinding = "right"\n'
        'evidence = "Kept out of what is published."\n',
        encoding="utf-8",
    )
    site = module("site")
    site.write_site(site.read_registries(tmp_path / "results", embargo=embargo), tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    section = page[page.index("Under load") :]
    rows = re.findall(r"<tr>(.*)</tr>", section[: section.index("</section>")])
    cells = [re.sub(r"<[^>]+>", "|", row).replace("||", "|") for row in rows]
    assert len(cells) == 2, "the head, and the registry that was put under load"
    for part in ("20 (registry)", "|10|", "|2|", "2/20/300", "load.one-winner"):
        assert part in cells[1]
    assert "load.one-order" not in cells[1]
    kept = {
        each["name"]: each["load"]
        for each in json.loads((tmp_path / "site" / "matrix.json").read_text())["registries"]
    }
    assert kept["nginx-folder"] is None
    assert [each["id"] for each in kept["pypiserver"]["findings"]] == ["load.one-winner"]
    assert kept["pypiserver"]["figures"]["purposes"][0]["p95"] == 0.02
    row = module("loading").Loaded(name="x", version="", result=site.read_result(path)).row
    assert row == (
        "x",
        "-",
        "20",
        "10",
        "2",
        "2/20/300",
        "-",
        "2/20/300",
        "load.one-order, load.one-winner",
        "load.forms-agree",
    )


def test_without_a_load_the_matrix_says_nothing_of_one(site: dict[str, str]) -> None:
    assert "Under load" not in site["index.html"]
