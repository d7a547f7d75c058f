"""Which checks a mutant is judged by, and in which flavours."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tests.mutants.results import Known
from tests.mutants.trials import MANY, Batch, Trial, held_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.mutants.mutations import Mutation

    Reach = Mapping[str, Mapping[int, list[str]]]
    """Per file and line, the checks that run it."""

OFTEN = ("reference", "pypi", "gitlab", "gitlab-13.4")
FLAVOURS = (*OFTEN, "gitlab+json", *MANY)
"""What a mutant is judged in: the first one whose checks run the changed line, and then the nearest of OFTEN.

A vendor's code is judged in its flavours first. Only what no other runs is judged with many projects, which takes
longer, and with a setting of GitLab.
"""
VENDORS = ("pypi", "gitlab")
ALWAYS = ""
"""Stands for what runs while modules are imported, and while a run is prepared."""
FIRST = 40
"""How many checks are asked first: those that run the changed line, and little else."""


def on_line(mutation: Mutation, reach: Reach) -> list[str]:
    """Return what runs the changed line, ALWAYS included; nothing where no check does."""
    return reach.get(mutation.file, {}).get(mutation.line, [])


def near(mutation: Mutation, reach: Reach) -> list[str]:
    """Return the checks that run the changed line.

    Of a line that only an import or the set-up runs, such as that of a constant, those that run another of its file.
    """
    checks = [check for check in on_line(mutation, reach) if check != ALWAYS]
    if checks or not on_line(mutation, reach):
        return checks
    in_file = {check for names in reach[mutation.file].values() for check in names}
    return sorted(in_file - {ALWAYS})


def own_flavour(mutation: Mutation, reaches: Mapping[str, Reach]) -> str:
    """Return the flavour that a mutant is judged in: the first with a check near it, its vendor's before others."""
    vendor = _vendor(mutation) or "-"
    order = sorted(FLAVOURS, key=lambda flavour: not flavour.startswith(vendor))
    found = [flavour for flavour in order if near(mutation, reaches[flavour])]
    found += [flavour for flavour in order if on_line(mutation, reaches[flavour])]
    return found[0] if found else order[0]


def _vendor(mutation: Mutation) -> str | None:
    """Return the vendor whose flavour the file describes."""
    of = "reference_server/flavours/"
    return next((each for each in VENDORS if mutation.file.startswith(f"{of}{each}")), None)


def planned(mutants: Sequence[Mutation], reaches: Mapping[str, Reach]) -> Iterator[Trial]:
    """Yield a trial per mutant: by the checks that run the line and little else, then by all others.

    What survives in its own flavour is tried by the checks of the others that run the line, and data of a vendor,
    which no check runs, by all checks of its other flavours. Of a survivor that survivors.toml names, the nearest of
    these are enough, and in a part of the server that it names as a whole, those of its own flavour.
    """
    known = Known()
    lines: dict[str, Counter[str]] = defaultdict(Counter)
    for flavour, files in reaches.items():
        for by_line in files.values():
            for names in by_line.values():
                lines[flavour].update(names)
    for mutant in mutants:
        own = own_flavour(mutant, reaches)
        batches: list[Batch] = []
        whole, is_new = not known.is_in_part(mutant), known.of(mutant) is None
        others = [each for each in OFTEN if whole and each != own]
        for flavour in (own, *others):
            every = held_by(flavour)
            nearest = [name for name in near(mutant, reaches[flavour]) if name in every]
            is_constant = nearest and on_line(mutant, reaches[flavour]) == [ALWAYS]
            nearest.sort(key=lambda name: (lines[flavour][name], name))
            first = nearest if (is_constant or is_new) and flavour != own else nearest[:FIRST]
            batches.append((flavour, first))
            of_vendor = flavour.startswith(_vendor(mutant) or "-")
            is_data = of_vendor and not first and bool(on_line(mutant, reaches[flavour]))
            if is_data or (flavour == own and (whole or not first)):
                batches.append((flavour, sorted(every - set(first))))
        yield Trial(mutation=mutant, batches=[batch for batch in batches if batch[1]])
