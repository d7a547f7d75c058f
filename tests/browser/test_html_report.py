"""The HTML report as a reader has it: filters, keys, a small screen, no script, and a hostile registry."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.catalogue import catalogue
from conformance.report.html import as_html
from conformance.report.result_file import result_from_json
from conformance.report.script import scripts

pytestmark = pytest.mark.xdist_group("browser")

HOSTILE = (
    "</pre></script><script>window.owned = 1; parent.owned = 1</script>"
    "<img src=/owned onerror='parent.owned = 1'><style>@import url(/owned)</style>" + "x" * 500
)

VERDICTS = {
    "gitlab.duplicate.refused": "failed",
    "http.files.content-type": "not applicable",
    "simple.html.doctype": "failed",
    "simple.html.hash.present": "warned",
    "simple.html.valid-html5": "passed",
}


def row(name: str, verdict: str) -> dict[str, Any]:
    requirement = catalogue()[name]
    exchange = {
        "number": 1,
        "request": f"GET http://127.0.0.1:1/{HOSTILE}",
        "credential": "default",
        "request_headers": {"Accept": HOSTILE},
        "request_body": HOSTILE,
        "status": 200,
        "reason": HOSTILE,
        "response_headers": {HOSTILE: HOSTILE},
        "response_body": HOSTILE,
        "seconds": 0.01,
    }
    return {
        "id": name,
        "level": str(requirement.level),
        "standing": str(requirement.standing),
        "verdict": verdict,
        "message": f"{requirement.statement}\n  expected this\n  found    {HOSTILE}\n  where    there",
        "duration": 0.1,
        "requests": 1,
        "exchanges": [exchange],
    }


def table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "suite": {"name": "pypi-registry-conformance", "version": "0.1.0"},
        "target": {"url": f"http://127.0.0.1:1/{HOSTILE}", "profile": "gitlab", "embedded": False},
        "run": HOSTILE,
        "started": "2026-11-22T17:25:54+00:00",
        "finished": "2026-11-22T17:25:59+00:00",
        "summary": {"requests": 7, "seed": 0, "exit_code": 1, "notes": [HOSTILE]},
        "results": rows,
    }


@pytest.fixture(scope="module")
def report() -> str:
    return as_html(result_from_json(table([row(name, verdict) for name, verdict in VERDICTS.items()])))


def test_a_link_holds_a_filter(browser: Any, report: str) -> None:
    seen = browser(
        report,
        "return [visible(), page.querySelector('#shown').textContent]",
        fragment="#verdict=failed,warned&area=simple",
    )
    assert seen == [["simple.html.doctype", "simple.html.hash.present"], "2 of 5 requirements"]


def test_a_link_leads_to_a_requirement_and_opens_it(browser: Any, report: str) -> None:
    seen = browser(
        report,
        "return [visible().length, page.getElementById('simple.html.valid-html5').open]",
        fragment="#simple.html.valid-html5",
    )
    assert seen == [5, True]


def test_problems_are_shown_first_and_everything_on_request(browser: Any, report: str) -> None:
    steps = """
      const first = visible();
      page.querySelector("[type=reset]").click(); await moment();
      return [first, visible()];
    """
    problems = ["gitlab.duplicate.refused", "simple.html.doctype", "simple.html.hash.present"]
    assert browser(report, steps) == [problems, list(VERDICTS)]


def test_without_problems_everything_is_shown(browser: Any) -> None:
    page = as_html(result_from_json(table([row("simple.html.doctype", "passed"), row("http.head", "noted")])))
    assert browser(page, "return visible().length") == 2


def test_the_picture_has_a_legend(browser: Any, report: str) -> None:
    steps = """
      const tone = (cell) => view.getComputedStyle(cell).borderTopColor;
      const pairs = all(".key > span").map((each) => [each.textContent.trim(), tone(each.querySelector(".cell"))]);
      const legend = Object.fromEntries(pairs);
      const cells = all("a.cell").map((each) => [each.title.split(": ")[1], tone(each)]);
      return [Object.keys(legend), cells.every(([verdict, tone]) => legend[verdict] === tone)];
    """
    names, fits = browser(report, steps)
    assert set(names) == set(VERDICTS.values())
    assert fits


def test_the_form_filters_and_writes_the_link(browser: Any, report: str) -> None:
    steps = """
      const seen = [];
      const note = () => seen.push([visible(), view.location.hash]);
      page.querySelector("[type=reset]").click(); await moment();
      change("text", "DOCTYPE white"); note();
      change("text", ""); change("level", "SHOULD"); note();
      change("level", ""); change("client", "twine"); note();
      change("client", ""); page.querySelector("[value=passed]").click(); note();
      page.querySelector("[type=reset]").click(); await moment(); note();
      return seen;
    """
    texts, levels, clients, verdicts, everything = browser(report, steps)
    assert texts == [["simple.html.doctype"], "#verdict=all&text=DOCTYPE+white"]
    assert levels[0] == [name for name in VERDICTS if catalogue()[name].level == "SHOULD"]
    assert clients[0] == [name for name in VERDICTS if "twine" in catalogue()[name].affects]
    assert verdicts == [["simple.html.valid-html5"], "#verdict=passed"]
    assert everything == [list(VERDICTS), "#verdict=all"]


def test_the_keyboard_suffices(browser: Any, report: str) -> None:
    steps = """
      const seen = {};
      const focused = () => page.activeElement.closest(".finding")?.id ?? page.activeElement.name;
      press("j"); press("j"); seen.second = focused();
      press("k"); seen.first = focused();
      press("/"); seen.slash = focused();
      press("j"); seen.typing = focused();
      change("text", "nothing has this"); seen.none = visible();
      press("Escape"); await moment(); seen.all = visible().length;
      // A cell of the picture leads to a finding, which has a stop of its own.
      seen.reachable = all("summary, input, select, button, a:not(.cell)").every((each) => each.tabIndex === 0);
      return seen;
    """
    assert browser(report, steps) == {
        "first": "gitlab.duplicate.refused",
        "second": "simple.html.doctype",
        "slash": "text",
        "typing": "text",
        "none": [],
        "all": 5,
        "reachable": True,
    }


def test_the_page_saves_the_script_that_the_command_makes(browser: Any) -> None:
    rows = [row(name, verdict) for name, verdict in VERDICTS.items()]
    result = result_from_json(table(rows))
    steps = """
      const saved = [];
      view.URL.createObjectURL = (blob) => { saved.push(blob); return "blob:saved"; };
      view.HTMLAnchorElement.prototype.click = () => {};  // nobody waits for a download to end
      const buttons = all("[data-script]").filter((each) => each.offsetParent);
      for (const each of buttons) each.click();
      const texts = await Promise.all(saved.map((blob) => blob.text()));
      return Object.fromEntries(buttons.map((each, at) => [each.dataset.script, texts[at]]));
    """
    assert browser(as_html(result), steps) == scripts(result)


def test_hostile_text_does_nothing_and_nothing_is_fetched(browser: Any, report: str) -> None:
    steps = """
      for (const each of page.querySelectorAll("details")) each.open = true;
      await moment();
      return [window.owned ?? null, view.owned ?? null, page.querySelectorAll("img, script:not([type])").length,
              page.body.textContent.includes("<img src=/owned onerror=")];
    """
    assert browser(report, steps) == [None, None, 1, True]
    assert browser.asked_for == {"/driver.html", "/report.html"}


def test_another_script_would_not_run(browser: Any, report: str) -> None:
    steps = "return [window.owned ?? null, getComputedStyle(page.body).display]"
    broken = report.replace(
        "<main>", "<main><script>parent.owned = 1</script><style>body { display: flex }</style>"
    )
    assert browser(broken, steps) == [None, "block"]


def test_everything_is_there_without_scripts(browser: Any, report: str) -> None:
    steps = "return [visible(), page.getElementById('filter').offsetParent]"
    seen = browser(report, steps, frame='sandbox="allow-same-origin"', fragment="#verdict=failed")
    assert seen == [list(VERDICTS), None]


def test_a_phone_need_not_scroll_sideways(browser: Any, report: str) -> None:
    steps = "return page.documentElement.scrollWidth <= view.innerWidth"
    assert browser(report, steps, frame='width="360" height="700"')


def test_the_page_is_dark_where_all_is(browser: Any, report: str) -> None:
    steps = "return view.getComputedStyle(page.body).backgroundColor"
    assert browser(report, steps) == "rgb(255, 255, 255)"
    assert browser(report, steps, options=("--force-dark-mode",)) == "rgb(13, 17, 23)"


def test_what_is_wrong_is_open_in_print_and_closed_again_after_it(browser: Any, report: str) -> None:
    found = browser(
        report,
        """
        const open = () => Array.from(page.querySelectorAll(".finding[open]"), (each) => each.dataset.verdict);
        const all = Array.from(page.querySelectorAll(".finding"), (each) => each.dataset.verdict);
        const before = open();
        view.dispatchEvent(new view.Event("beforeprint"));
        const printed = open();
        view.dispatchEvent(new view.Event("afterprint"));
        return {all, before, printed, after: open()};
        """,
    )
    right = {"passed", "not-applicable"}
    assert right < set(found["all"])
    assert found["printed"] == [verdict for verdict in found["all"] if verdict not in right]
    assert found["after"] == found["before"]
