"""The package `implementations`, which is in the checkout only, and on no path."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

IMPLEMENTATIONS = Path(__file__).parents[2] / "implementations"


def module(name: str) -> Any:
    """Import a module of the package, which is in the checkout only, from its file."""
    if "implementations" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "implementations",
            IMPLEMENTATIONS / "__init__.py",
            submodule_search_locations=[str(IMPLEMENTATIONS)],
        )
        assert spec is not None
        sys.modules["implementations"] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"implementations.{name}")
