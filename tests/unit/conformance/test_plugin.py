"""The plugin in a plain pytest session."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from conformance import plugin
from conformance.errors import ExitCode
from conformance.run.run import CannotJudge
from conformance.verdicts.options import RunOptions


def test_what_crashes_while_a_run_is_prepared_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest would print the traceback of an error, with all that its message holds."""

    def crash(target: Any, *_: object) -> None:
        raise RuntimeError(f"cannot send {target.credentials['default'].password}")

    monkeypatch.setattr("conformance.run.setup.prepare", crash)
    config: Any = SimpleNamespace(getoption=lambda *_: None)
    with ExitStack() as stack, pytest.raises(CannotJudge) as caught:
        plugin._prepared(config, RunOptions(), stack)
    assert caught.value.exit_code is ExitCode.HARNESS_ERROR
    assert "RuntimeError: cannot send ***" in str(caught.value)
    assert "reference-api-token" not in str(caught.value)
