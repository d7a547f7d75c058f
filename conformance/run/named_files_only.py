"""A pytest plugin that collects the files that are named, and looks at nothing beside them.

A run of a few checks names their files. To look at the other hundred takes pytest longer than to run most checks.
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect() -> bool:
    """Ignore what is neither named nor on the way to it: pytest asks about nothing else."""
    return True
