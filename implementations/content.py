"""What is put into an index that has no uploads, by its own means, before it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_server.distributions import Distribution, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

CONTENT: dict[str, tuple[Distribution, ...]] = {
    "alpha": (
        wheel("alpha", "1.0", requires_python=">=3.8"),
        wheel("alpha", "1.1", requires_python=">=3.9,<4"),
        sdist("alpha", "1.1", requires_python=">=3.9,<4"),
    ),
    "beta-tools": (
        wheel("Beta.Tools", "0.1"),
        wheel("Beta.Tools", "2024.1.post1", requires_dist=("alpha>=1",)),
        sdist("Beta.Tools", "2024.2"),  # a version without a wheel
    ),
    "gamma": (wheel("gamma", "1.0+local.1"),),
}
"""Distributions by the normalized name of their project."""


def save_content(folder: Path, *, by_project: bool = True) -> None:
    """Write every distribution to a folder: one folder per project, or all side by side."""
    for name, distributions in CONTENT.items():
        place = folder / name if by_project else folder
        place.mkdir(parents=True, exist_ok=True)
        for each in distributions:
            each.save(place)
