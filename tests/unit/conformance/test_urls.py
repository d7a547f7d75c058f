"""Whether a URL leads to the server that was asked, or past it."""

from __future__ import annotations

import pytest

from conformance.kit.urls import loses_the_way

INDEX = "http://registry.example.com/simple/"


@pytest.mark.parametrize(
    ("link", "is_lost"),
    [
        ("http://registry.example.com/files/a", False),
        ("http://registry.example.com:80/files/a", False),
        ("http://files.example.com:8080/files/a", False),
        ("https://registry.example.com/files/a", True),
        ("http://registry.example.com:8080/files/a", True),
        ("http://registry.example.com:99999/files/a", True),
        ("http://registry.example.com:abc/files/a", True),
        ("http://[", False),
    ],
)
def test_another_scheme_or_port_of_the_host_loses_the_way(link: str, *, is_lost: bool) -> None:
    assert loses_the_way(link, INDEX) is is_lost
