"""Runs of a client that have ended, made without one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.clients import ClientRun


def ended(exit_code: int = 0, output: str = "", **more: Any) -> ClientRun:
    run = ClientRun(
        client="pip",
        version="24.0",
        command=("pip",),
        exit_code=exit_code,
        stdout=output,
        stderr="",
        duration=0.0,
        timed_out=False,
    )
    return replace(run, **more)
