"""The names under which pytest, its workers and the fixtures of checks find what belongs to a run."""

from __future__ import annotations

import pytest

from conformance.run.run import Run

MARK = "requirement"
"""The mark of a check; its argument is the id of the requirement."""

PLUGIN = "conformance.plugin"
"""The module that pytest loads, by name: importing it here would point upwards."""

NAMED_FILES_ONLY = "conformance.run.named_files_only"
"""The module of the plugin that narrows the collection, by name: workers load it, too."""

JUDGE = "registry-conformance-judge"
"""The name of the plugin that judges."""

RUN = pytest.StashKey[Run]()

OPTIONS = "registry_conformance_options"
"""The key under which a worker process finds the options of the run."""

PARENT = "registry_conformance_parent"
"""The key under which a worker process finds the id of the process that started it, where it is on this machine."""

REMARK = "registry_conformance_remark"
"""The name of a test's property with the remark of its check."""

STRAY = "registry_conformance_stray"
"""The name of a test's properties with files that the registry may have written outside its store."""
