from __future__ import annotations

import pytest

from reference_server.model import grammar

VERSIONS = [
    *["0.1", "2.0", "1.2.0", "0100!0.0", "00!1.2", "1.0a", "1.0-a", "1.0.a1", "1.0a1"],
    *["1.0-a1", "1.0alpha1", "1.0b1", "1.0beta1", "1.0rc1", "1.0pre1", "1.0preview1", "1.0.dev1", "1.0.DEV1"],
    *["1.0.post1", "1.0.rev1", "1.0.r1", "1.0c2", "2012.15", "1.0+5", "1.0+abc.5", "1!1.1", "1.0b2-346"],
    *[
        "1.0b2.post345.dev456",
        "1.2.rev33+123456",
        "1.2+1234.abc",
        "1.2.3-45+abcdefgh",
        "v1.2.3",
        "V1.2.3",
        "1.0-1",
        "1.0-post",
        "1.0post",
    ],
    *["1.0.dev", "1.0+A_b-c", "1.0_a_1", "1.0_alpha.1", "1.0r", "1.0rc1-1", "007", "2020.01.02"],
]
NOT_VERSIONS = [
    *[
        "1.2.3-45-abcdefgh",
        "..1.2.3",
        "1./2.3",
        "1.2.3-4/../../",
        "1.2.3-4%2e%2e%",
        "../../../../../1.2.3",
        "%2e%2e%2f1.2.3",
        "v",
    ],
    *["vv1", "1!", "!1", "1.0.", "1..0", "1.0--1", "1.0-1-2", "1.0+"],
    *["1.0+-a", "1.0+a-", "1.0+a..b", "1.0+local!1", "1.0.dev1.post1", "1.0-SNAPSHOT", "latest", "1.0.x"],
    *["1e5", "1.0alpha-beta", "1.0ab", "\u0661.\u0660"],
    *[
        "",
        "  1.2.3",
        "1.2.3  \r\t",
        "\r\t 1.2.3",
        "1.0\n",
        "1.0+\u212a",
        "1.0+\u017f",
        "1.0.po\u017ft",
        "1.0\0",
    ],
]


@pytest.mark.parametrize("version", VERSIONS)
def test_version_that_gitlab_takes(version: str) -> None:
    assert grammar.is_valid_version(version)


@pytest.mark.parametrize("version", NOT_VERSIONS)
def test_version_that_gitlab_refuses(version: str) -> None:
    assert not grammar.is_valid_version(version)


@pytest.mark.parametrize("name", ["a", "A", "9", "my.pkg", "my_pkg", "My--Pkg", "a.-_b"])
def test_name(name: str) -> None:
    assert grammar.is_valid_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "-a", "a-", "_", ".", "..", "a/b", "a b", "a\n", "é", "\u212a", "\u017f", "a@b", "<b>", "a\0"],
)
def test_not_a_name(name: str) -> None:
    assert not grammar.is_valid_name(name)


@pytest.mark.parametrize("name", ["my-package", "My.Package", "MY__PACKAGE", "my-_.package"])
def test_all_spellings_are_one(name: str) -> None:
    assert grammar.normalize(name) == "my-package"


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "v1.0", "1", "0!1.0"])
def test_equal_versions_have_one_key(version: str) -> None:
    assert grammar.version_key(version) == grammar.version_key("1.0")


def test_a_version_of_too_many_digits_is_no_error() -> None:
    assert grammar.version_key("1" * 5000) == "1" * 5000


def test_texts_of_versions_are_equal_where_the_keys_are() -> None:
    versions = [
        "1.0",
        "1",
        "v1.0.0",
        "1!1",
        "1!1.0",
        "1.0a1",
        "1.0-alpha.1",
        "1.0-1",
        "1.0.post1",
        "1.0.dev0",
    ]
    versions += ["1.0+l.01", "1+L-1", "1.0+l", "0", "0.0", "10", "latest", "Latest", "1" * 5000, ""]
    for one in versions:
        for other in versions:
            same = grammar.version_key(one) == grammar.version_key(other)
            assert (grammar.version_text(one) == grammar.version_text(other)) == same, (one, other)


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("demo_pkg-1.0-py3-none-any.whl", "Demo.Pkg", "1.0.0"),
        ("demo_pkg-1.0-2a-py2.py3-none-any.whl", "demo-pkg", "1.0"),
        ("demo-pkg-1.0.tar.gz", "demo_pkg", "v1.0"),
        ("demo_pkg-1.0.zip", "demo-pkg", "1.0"),
        ("demo_pkg-1!1.0+local.1.tar.gz", "demo-pkg", "1!1.0+local-1"),
        ("demo_pkg-1.0.post1.tar.gz", "demo-pkg", "1.0-1"),
    ],
)
def test_file_name_agrees(filename: str, name: str, version: str) -> None:
    assert grammar.is_valid_filename(filename)
    assert grammar.filename_agrees(filename, name, version)


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("other-1.0-py3-none-any.whl", "demo", "1.0"),
        ("demo-1.1-py3-none-any.whl", "demo", "1.0"),
        ("demo-1.1.tar.gz", "demo", "1.0"),
        ("demo-1.0.tar.gz", "demo", "1" * 5000),
    ],
)
def test_file_name_disagrees(filename: str, name: str, version: str) -> None:
    assert not grammar.filename_agrees(filename, name, version)


@pytest.mark.parametrize(
    "filename",
    [
        *[
            "",
            ".",
            "demo",
            "demo-1.0",
            "demo-1.0.egg",
            "demo-1.0.tar.bz2",
            "demo-1.0.exe",
            "demo-1.0-any.whl",
        ],
        *["demo__x-1.0-py3-none-any.whl", "demo-1.0-a1-py3-none-any.whl", "../demo-1.0.tar.gz"],
        *[
            "a/demo-1.0.tar.gz",
            "a\\demo-1.0.tar.gz",
            "demo-1.0.tar.gz\n",
            "demo-1.0\0.tar.gz",
            "demö-1.0.tar.gz",
        ],
        *["\u212aemo-1.0.tar.gz", 'demo"-1.0.tar.gz', "%2e%2e%2fdemo-1.0.tar.gz", f"{'d' * 256}-1.0.tar.gz"],
    ],
)
def test_not_a_distribution_file_name(filename: str) -> None:
    assert not grammar.is_valid_filename(filename)


@pytest.mark.parametrize(("specifier", "valid"), [(">=3.8,<4", True), ("==3.*", True), (">=3.x", False)])
def test_requires_python(specifier: str, valid: bool) -> None:  # noqa: FBT001
    assert grammar.is_valid_requires_python(specifier) is valid


@pytest.mark.parametrize(
    ("filename", "filetype"),
    [("x-1.0-py3-none-any.whl", "bdist_wheel"), ("x-1.0.tar.gz", "sdist"), ("x-1.0.zip", "sdist")],
)
def test_a_file_is_of_the_type_that_its_name_says(filename: str, filetype: str) -> None:
    other = {"sdist": "bdist_wheel", "bdist_wheel": "sdist"}[filetype]
    assert grammar.filetype_agrees(filename, filetype)
    assert grammar.filetype_agrees(filename, "")
    assert not grammar.filetype_agrees(filename, other)
    assert not grammar.filetype_agrees(filename, "bdist_egg")
