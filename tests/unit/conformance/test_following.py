"""Requests of a script ask under the conditions of now."""

from __future__ import annotations

import pytest

from conformance.report.templates.following import (
    followed,
    learn,
    learn_numbers,
    renumbered,
    unnumbered,
)

URL = "https://registry.example.com/simple/demo/"
DATES = ("Sat, 28 Nov 2026 15:51:22 GMT", "Sun, 29 Nov 2026 08:00:00 GMT")


@pytest.mark.parametrize(
    ("then", "now", "condition", "wanted"),
    [
        ({"ETag": '"a"'}, {"etag": '"b"'}, '"a"', '"b"'),
        ({"ETag": 'W/"a"'}, {"ETag": '"b"'}, 'W/"x", W/"a"', 'W/"x", W/"b"'),
        ({"ETag": '"a"'}, {"ETag": 'W/"b"'}, '"a-gzip"', '"a-gzip"'),
        ({"ETag": '"a"'}, {}, '"a"', '"a"'),
        ({"ETag": '"a"'}, {"ETag": '"b"'}, "*", "*"),
        ({"Last-Modified": DATES[0]}, {"Last-Modified": DATES[1]}, DATES[0], DATES[1]),
        ({"Date": DATES[0]}, {"Date": DATES[1]}, DATES[0], DATES[0]),
    ],
)
def test_a_condition_has_the_validator_of_now(
    then: dict[str, str], now: dict[str, str], condition: str, wanted: str
) -> None:
    led: dict[str, str] = {}
    learn(led, {"url": URL, "answered": [[*pair] for pair in then.items()]}, URL, now)
    assert followed(led, condition) == wanted


def test_two_validators_that_changed_places_are_followed_at_once() -> None:
    assert followed({'"a"': '"b"', '"b"': '"a"'}, '"a", "b"') == '"b", "a"'


PACKAGES = '[{{"id":{},"name":"{}","version":"1.0","_links":{{}}}},{{"id":{},"name":"demo","version":"1.0"}}]'
FILES = '[{{"id":{},"package_id":{},"created_at":"","file_name":"conformance_abcdefgh-1.0.tar.gz"}}]'
OF_RUN = "conformance-abcdefgh"


def test_the_numbers_of_packages_and_files_are_those_of_now() -> None:
    led: dict[str, str] = {}
    learn_numbers(led, PACKAGES.format(28, OF_RUN, 5), PACKAGES.format(3, OF_RUN, 9), "abcdefgh")
    learn_numbers(led, FILES.format(70, 28), FILES.format(6, 3), "abcdefgh")
    url = "https://registry.example.com/api/v4/projects/1/packages/28"
    assert renumbered(led, url) == "https://registry.example.com/api/v4/projects/1/packages/3"
    assert renumbered(led, f"{url}/package_files/70").endswith("/packages/3/package_files/6")
    assert renumbered(led, f"{url}/package_files?per_page=100").endswith(
        "/packages/3/package_files?per_page=100"
    )
    assert not unnumbered(led, url)


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/packages/12/34/demo-1.0-py3-none-any.whl",
        "https://files.example.com/packages/12",
        "https://registry.example.com/package_files/70",
        "https://registry.example.com/api/v4/projects/1/packages/pypi/files/12/demo-1.0.tar.gz",
        "https://registry.example.com/api/v4/projects/1/packages/28x",
        "https://registry.example.com/simple/demo/?from=/api/v4/projects/1/packages/28",
    ],
)
def test_numbers_in_other_paths_are_no_packages(url: str) -> None:
    led = {"packages/12": "packages/3", "packages/28": "packages/3", "package_files/70": "package_files/6"}
    assert not unnumbered({}, url)
    assert renumbered(led, url) == url


@pytest.mark.parametrize("project", ["1", "group%2Fproject"])
def test_a_file_is_known_only_with_its_package(project: str) -> None:
    url = f"https://registry.example.com/gitlab/api/v4/projects/{project}/packages/28/package_files/70"
    assert unnumbered({"packages/28": "packages/3"}, url)
    assert unnumbered({"package_files/70": "package_files/6"}, url)
    assert not unnumbered({"packages/28": "packages/3", "package_files/70": "package_files/6"}, url)


def test_the_numbers_of_others_are_not_learned() -> None:
    """A script may delete what it has a number of."""
    led: dict[str, str] = {}
    learn_numbers(led, PACKAGES.format(28, OF_RUN, 5), PACKAGES.format(3, OF_RUN, 5), "abcdefgh")
    assert unnumbered(led, "https://registry.example.com/api/v4/projects/1/packages/5")


def test_a_name_that_comes_twice_has_no_number() -> None:
    led: dict[str, str] = {}
    twice = PACKAGES.format(28, OF_RUN, 29).replace("demo", OF_RUN)
    learn_numbers(led, twice, PACKAGES.format(3, OF_RUN, 4), "abcdefgh")
    assert led == {}
