"""Observe which checks catch each fault, and what they say: python -m tests.kill_matrix.observe [FAULT ...]

Writes `tests/kill_matrix/observed/`, whose changes are to be read before they are accepted. Without names it observes
every fault, three times and in another process each time, and keeps of each reason what is the same in all.
With `--whole` it observes the consequences: what else each fault turns red in the whole catalogue, without races and
clients. That takes hours: it goes on where it was stopped, as long as `--notes` is the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import astuple, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kill_matrix.load_trial import LoadTrial
from tests.kill_matrix.matrix import (
    FAULTS,
    FEW,
    HTTP,
    by_chance,
    concerned_by,
    flavour_for,
    held_by,
    red,
    results_of,
    results_of_clients,
    results_of_load,
)
from tests.kill_matrix.signatures import Observation, Signature, area_of, merged, observations, write
from tests.kill_matrix.trial import RUN_ID, Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.report.check_result import CheckResult
    from reference_server.faults import Fault

    Seen = dict[str, Signature]

TIMES = 3


def main() -> None:
    """Observe, and write what was observed."""
    arguments = _arguments()
    known = {fault.name: fault for fault in FAULTS}
    if unknown := set(arguments.faults) - known.keys():
        raise SystemExit(
            f"no fault is named {', '.join(sorted(unknown))}; `reference-server faults` lists them"
        )
    faults = [known[name] for name in arguments.faults] or FAULTS
    if arguments.round is not None:
        return _observe(faults, arguments)
    with tempfile.TemporaryDirectory() as folder:
        notes = arguments.notes or Path(folder) / "notes.jsonl"
        for number in range(1 if arguments.whole else arguments.times):
            _in_new_process(number, notes)
        _write(_noted(notes), faults, whole=arguments.whole)
    return None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_matrix.observe", description=__doc__)
    parser.add_argument(
        "faults", metavar="FAULT", nargs="*", help="observe these faults (default: every fault)"
    )
    parser.add_argument("--whole", action="store_true", help="observe consequences in the whole catalogue")
    parser.add_argument("--times", type=int, default=TIMES, help=f"observe N times (default: {TIMES})")
    parser.add_argument(
        "--notes", type=Path, help="keep observations in this file, and go on from it (default: a new file)"
    )
    parser.add_argument("--round", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_new_process(number: int, notes: Path) -> None:
    """Observe every fault once, in a process in which sets have another order."""
    command = [sys.executable, "-m", "tests.kill_matrix.observe", *sys.argv[1:]]
    subprocess.run(
        [*command, "--round", str(number), "--notes", str(notes)],
        env=os.environ | {"PYTHONHASHSEED": str(number + 1)},
        check=True,
    )


def _observe(faults: Iterable[Fault], arguments: argparse.Namespace) -> None:
    """Add one observation of each fault to the notes, where they lack it."""
    done = {(note["fault"], note["round"], note["whole"]) for note in _lines(arguments.notes)}
    observe = _whole if arguments.whole else _named
    with tempfile.TemporaryDirectory() as folder, arguments.notes.open("a", encoding="utf-8") as notes:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
        trial = Trial(Path(folder))
        for fault in faults:
            if (fault.name, arguments.round, arguments.whole) in done:
                continue
            seen = {
                name: astuple(Signature.of(result, RUN_ID)) for name, result in observe(trial, fault).items()
            }
            note = {"fault": fault.name, "round": arguments.round, "whole": arguments.whole, "red": seen}
            print(json.dumps(note, ensure_ascii=False), file=notes, flush=True)
            print(f"{fault.name}: {len(seen)}", flush=True)


def _named(trial: Trial, fault: Fault) -> dict[str, CheckResult]:
    under_load = results_of_load(LoadTrial(trial.folder), fault)
    return red(results_of(trial, fault) | results_of_clients(trial, fault) | under_load)


def _whole(trial: Trial, fault: Fault) -> dict[str, CheckResult]:
    """Return what a fault turns red beyond the neighbours of what it names, which the tests look at."""
    named = HTTP.intersection(fault.caught_by)
    flavour = flavour_for(named)
    others = {name for name in held_by(flavour) if not name.startswith("race.")} - concerned_by(
        named, flavour
    )
    return red(trial(fault, others, examples=FEW, rounds=FEW, flavour=flavour))


def _lines(notes: Path) -> Iterator[dict]:
    if notes.exists():
        for line in notes.read_text(encoding="utf-8").splitlines():
            if line.endswith("}"):  # the last one may be torn
                yield json.loads(line)


def _noted(notes: Path) -> dict[tuple[str, bool], list[Seen]]:
    """Return the observations of each fault, of its named requirements and of the whole catalogue."""
    found = defaultdict(list)
    for note in _lines(notes):
        seen = {name: Signature(*texts) for name, texts in note["red"].items()}
        seen = {name: each.without_example() if by_chance(name) else each for name, each in seen.items()}
        found[note["fault"], note["whole"]].append(seen)
    return found


def _write(noted: dict[tuple[str, bool], list[Seen]], faults: Iterable[Fault], *, whole: bool) -> None:
    """Put new observations in the place of the kept ones; leave out faults that are no more."""
    kept = observations()
    areas: dict[str, dict[str, Observation]] = defaultdict(dict)
    asked = {fault.name for fault in faults}
    for fault in FAULTS:
        observation = kept.get(fault.name, Observation())
        if fault.name in asked and (seen := noted.get((fault.name, whole))):
            rows = sorted({name for each in seen for name in each})
            signatures = {name: merged(each[name] for each in seen if name in each) for name in rows}
            observation = replace(observation, **{"consequences" if whole else "named": signatures})
        areas[area_of(fault)][fault.name] = observation
    for area, observed in areas.items():
        write(area, observed)


if __name__ == "__main__":
    main()
