"""What `init` writes is read by the suite as it stands, in full, and bare; and it refuses what would not be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.commands.main import main
from conformance.errors import UserError
from conformance.profiles import profile, profile_names
from conformance.target import target_from_table
from conformance.target.configuration import configured_target
from conformance.target.registry_toml_text import PASSWORD, registry_toml
from conformance.target.target import GivenAddresses

if TYPE_CHECKING:
    from conformance.target import Target

EXAMPLES = Path(__file__).parents[3] / "docs" / "targets"
VARIABLE = re.compile(r'^password-env = "(.+)"$', re.MULTILINE)
every_profile = pytest.mark.parametrize("name", profile_names())


def read(text: str, folder: Path) -> Target:
    """Read a registry.toml, with every environment variable that it names."""
    path = folder / "registry.toml"
    path.write_text(text, encoding="utf-8")
    target = configured_target(config=path, environ={each: f"of {each}" for each in VARIABLE.findall(text)})
    assert target is not None
    return target


@every_profile
def test_it_is_read_as_it_stands(name: str, tmp_path: Path) -> None:
    target = read(registry_toml(name), tmp_path)
    kind = profile(name)
    assert (target.url, target.profile, target.max_file_size) == (
        target.layout.example,
        kind,
        kind.max_file_size,
    )
    assert set(target.credentials) == ({"default"} if kind.needs_credential else set())
    assert (target.layout.name, target.given) == (kind.layout, GivenAddresses())
    if kind.needs_credential:
        assert target.credentials["default"].password == f"of {PASSWORD}"


@every_profile
def test_it_is_read_with_every_setting_that_it_leaves_out(name: str, tmp_path: Path) -> None:
    target = read(re.sub(r"^#(?=\S)", "", registry_toml(name), flags=re.MULTILINE), tmp_path)
    kind = profile(name)
    assert target.given.index == target_from_table({"url": target.url, "profile": name}).index_url
    assert bool(target.given.upload) != kind.read_only
    assert target.credentials.keys() == kind.credentials.keys()
    assert target.gitlab_projects.keys() == kind.gitlab_projects.keys()
    assert len({known.password for known in target.credentials.values()}) == len(kind.credentials)
    if not kind.read_only:
        assert target.features
        assert target.management
        assert target.max_file_size


@every_profile
def test_it_is_read_without_its_comments(name: str, tmp_path: Path) -> None:
    text = registry_toml(name)
    bare = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    assert read(bare, tmp_path) == read(text, tmp_path)


@every_profile
def test_every_credential_and_gitlab_project_is_described(name: str) -> None:
    text, kind = registry_toml(name), profile(name)
    for meaning in (*kind.credentials.values(), *kind.gitlab_projects.values()):
        assert re.search(rf"^# .*{re.escape(meaning)}", text, re.MULTILINE)


@every_profile
def test_the_example_in_the_documents_is_what_init_writes(name: str) -> None:
    assert (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8") == registry_toml(name)


def test_there_is_no_example_of_anything_else() -> None:
    assert sorted(path.stem for path in EXAMPLES.iterdir()) == profile_names()


def test_another_layout_has_its_own_example(tmp_path: Path) -> None:
    text = registry_toml("pep503-upload", layout_name="devpi")
    assert "The index is at <url>/+simple/. Uploads go to <url>/." in text
    target = read(text, tmp_path)
    assert target.index_url == "https://registry.example.com/user/index/+simple/"


def test_a_url_is_quoted_as_toml_wants(tmp_path: Path) -> None:
    url = 'https://registry.example.com/a"b\\c\x7f'
    assert read(registry_toml("pep503-upload", url), tmp_path).url == url


@pytest.mark.parametrize(
    ("name", "url", "complaint"),
    [
        ("gitlub", None, "Choose one of: gitlab, index, pep503-upload, pypi"),
        ("gitlab", "https://gitlab.example.com/group/project", "should look like"),
        ("index", "registry.example.com/simple", "not an http"),
        ("index", "", "not an http"),
    ],
)
def test_what_would_not_be_read_is_not_written(name: str, url: str | None, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        registry_toml(name, url)


def test_it_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://registry.example.com"
    assert main(["init", url, "--profile", "pypi"]) == 0
    assert capsys.readouterr().out == registry_toml("pypi", url)
    path = tmp_path / "registry.toml"
    assert main(["init", url, "--profile", "pypi", "-o", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == registry_toml("pypi", url)
    assert f"doctor --config {path}" in capsys.readouterr().out


@every_profile
def test_the_next_step_fits_the_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--profile", name, "-o", "registry.toml"]) == 0
    told = capsys.readouterr().out
    assert "Replace its URL with that of your registry." in told
    assert PASSWORD in told
    assert ("uncomment [credentials.default]" in told) == (
        "#[credentials.default]" in Path("registry.toml").read_text("utf-8")
    )


def test_a_file_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "registry.toml"
    path.write_text("mine", encoding="utf-8")
    assert main(["init", "-o", str(path)]) == 2
    assert (
        "registry.toml already exists\n  Choose another file with -o, or remove it."
        in capsys.readouterr().err
    )
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("arguments", [["--profile", "gitlub"], ["x"], ["-o", "absent/registry.toml"]])
def test_a_mistake_is_exit_2_and_writes_nothing(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("registry-conformance: ")
    assert told.err.count("\n") <= 2, "the message and the next step"
    assert not list(tmp_path.iterdir())
