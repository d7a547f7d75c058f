"""What stands behind a deviation: uploads, and what was asked before each, which a cache may keep."""

from __future__ import annotations

from conformance.wire import Publication, publications_behind, with_early_requests
from conformance.wire.exchange import Exchange

INDEX = "https://registry.example.com/simple/"
ROOT, PAGE, OTHER = f"GET {INDEX}", f"GET {INDEX}demo/", f"GET {INDEX}demo-two/"


def publication(number: int, project: str = "demo") -> Publication:
    return Publication(
        project=project,
        filename=f"{project}-{number}.tar.gz",
        url="https://registry.example.com/",
        credential="default",
        content_type="multipart/form-data",
        body="YQ==",
        number=number,
    )


def early(*requests: str, of: list[Publication]) -> list[tuple[str, ...]]:
    exchanges = [Exchange(request=request, number=number) for number, request in enumerate(requests, 1)]
    return [each.asked_before for each in with_early_requests(of, exchanges, root=ROOT)]


def test_requests_stand_before_the_upload_that_came_after_them() -> None:
    sent = (PAGE, "POST", ROOT, PAGE, PAGE, "POST", "POST", PAGE)
    found = early(*sent, of=[publication(2), publication(6), publication(7)])
    assert found == [(PAGE,), (ROOT, PAGE), ()]


def test_pages_of_other_projects_are_left_out() -> None:
    sent = (PAGE, OTHER, "HEAD " + PAGE.partition(" ")[2], "POST")
    assert early(*sent, of=[publication(4)]) == [(PAGE,)]
    assert early(*sent, of=[publication(4, "demo-two")]) == [(OTHER,)]


def test_of_uploads_in_another_process_nothing_is_known() -> None:
    assert early(PAGE, "POST", PAGE, of=[publication(0)]) == [()]


def test_what_was_found_names_uploads_too() -> None:
    exchanges = [Exchange(request=PAGE, number=3)]
    both = [publication(1), publication(2, "demo-two")]
    assert publications_behind(both, exchanges) == both[:1]
    assert publications_behind(both, exchanges, found="in addition: 'Demo.Two'") == both
    assert publications_behind(both, exchanges, found="in addition: 'demo-two-more'") == both[:1]
