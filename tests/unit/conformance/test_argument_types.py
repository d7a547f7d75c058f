"""The readers of options: every command and the pytest plugin accept and refuse the same texts."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

import certifi
import pytest

from conformance.commands.main import main
from conformance.verdicts.option_types import certificates, positive

if TYPE_CHECKING:
    from pathlib import Path

WITH_CERTIFICATES = ("run", "sweep", "doctor", "replay result.json")


@pytest.mark.parametrize(("kind", "text", "number"), [(int, "1", 1), (int, "20", 20), (float, "0.5", 0.5)])
def test_a_number_above_zero(kind: Any, text: str, number: float) -> None:
    assert positive(kind)(text) == number


@pytest.mark.parametrize(
    ("kind", "text"), [(int, "0"), (int, "-1"), (int, "1.5"), (float, "nan"), (float, "inf"), (float, "0")]
)
def test_another_number_is_refused(kind: Any, text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=rf"expected a (whole )?number.*, not '{text}'"):
        positive(kind)(text)


def test_certificates_are_those_of_a_file() -> None:
    assert str(certificates(certifi.where())) == certifi.where()


def test_what_is_no_file_of_certificates_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text("no certificate", encoding="utf-8")
    for name, words in (
        (path, "holds no PEM certificates"),
        (tmp_path, "no file"),
        (tmp_path / "x", "no file"),
    ):
        with pytest.raises(ArgumentTypeError, match=words):
            certificates(str(name))


@pytest.mark.parametrize("command", WITH_CERTIFICATES)
def test_every_command_refuses_certificates_that_are_not_there(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "https://gitlab.example.com/api/v4/projects/42/packages/pypi"
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), url, "--ca-bundle", "absent.pem"])
    assert ended.value.code == 2
    assert "argument --ca-bundle: there is no file absent.pem" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--registry-ca-bundle=absent.pem", "there is no file absent.pem"),
        ("--registry-examples=0", "expected a whole number above 0, not '0'"),
        ("--registry-rounds=-1", "expected a whole number above 0, not '-1'"),
        ("--registry-baseline=absent.toml", "cannot read absent.toml"),
        ("--registry-set=2001.01", "there is no set '2001.01'. Choose one of: 2026.11"),
        ("--registry-rate=nan", "expected a number above 0, not 'nan'"),
    ],
)
def test_the_plugin_refuses_the_same(option: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--pyargs", "conformance", "--collect-only", option]
    assert pytest.main(arguments) == pytest.ExitCode.USAGE_ERROR
    assert words in capsys.readouterr().err
