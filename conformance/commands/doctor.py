"""`registry-conformance doctor`: what is wrong with a URL, its credentials or the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands.arguments import add_options, options_of, target_of
from conformance.errors import ExitCode, UserError
from conformance.verdicts.target_options import REGISTRY_URL

if TYPE_CHECKING:
    import argparse

    from conformance.target.observations import Observation

SUMMARY = "diagnose URL, credentials and network; publishes nothing"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    helps = {"url": REGISTRY_URL, "read_only": "skip the checks of publishing rights"}
    add_options(parser, "doctor", helps=helps)


def run(arguments: argparse.Namespace) -> int:
    """Print the observations; returns 0 when nothing is wrong, 3 when something stays unknown, 5 when a limit ends it.

    Returns 2 for every other problem.
    """
    from conformance.target import UnfitURL
    from conformance.target.doctor import examine
    from conformance.target.observations import refused_observations

    try:
        target = target_of(arguments)
    except UserError as error:
        found = _searched(arguments) if isinstance(error, UnfitURL) else []
        return print_observations(found or refused_observations(error, getattr(arguments, "url", "")))
    if target is None:
        if file := getattr(arguments, "config", ""):
            raise UserError(f"{file} has no `url`", "Add one, or give URL on the command line.")
        raise UserError(
            "doctor needs the URL of a registry",
            "Give URL or --config, or set REGISTRY_CONFORMANCE_URL or REGISTRY_CONFORMANCE_CONFIG.",
        )
    return print_observations(examine(target, options_of(arguments)))


def _searched(arguments: argparse.Namespace) -> list[Observation]:
    """Look for the layout of a URL that has not the form of the given one."""
    from argparse import Namespace

    from conformance.target.doctor import Doctor
    from conformance.target.layouts import ANY

    target = target_of(Namespace(**{**vars(arguments), "layout": ANY}))
    return Doctor(target, options_of(arguments)).search() if target else []


def print_observations(observations: list[Observation]) -> ExitCode:
    """Print what was seen and what to change, and return the exit code."""
    from conformance.verdicts.counting import counted

    for each in observations:
        print(f"{'problem' if each.wrong else 'ok':<8} {each.about}: {each.seen}")
        if each.wrong:
            print(f"         → {each.change}".replace("\n", "\n         "))
    wrong = sum(each.wrong for each in observations)
    print(f"{counted(wrong, 'problem')} found." if wrong else "No problems found.")
    if any(each.stopped for each in observations):
        return ExitCode.TOO_LITTLE_JUDGED
    if any(each.unknown for each in observations):
        return ExitCode.HARNESS_ERROR
    return ExitCode.USAGE if wrong else ExitCode.CONFORMS
