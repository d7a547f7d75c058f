"""The JSON Schemas of the files that users write and read, made from the types that check them."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from conformance.corpus.ledger import Entry, Refusal
from conformance.profiles import profile_names
from conformance.report.result import RunResult
from conformance.target.drivers.table import driver_class, driver_names
from conformance.target.layouts import layouts
from conformance.target.registry_toml import RegistryTable
from conformance.target.target import known_features
from conformance.verdicts.baseline import BaselineFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TITLES = {
    "registry.toml": "A registry to be judged",
    "baseline": "The known failures of a registry",
    "ledger": "A line of the ledger of a run",
    "result": "The result of a run",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "registry.toml": (RegistryTable,),
    "baseline": (BaselineFile,),
    "ledger": (Entry, Refusal),
    "result": (RunResult,),
}
"""The types of each file; of a line of the ledger there are two."""


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a file: `registry.toml`, `baseline`, `ledger` or `result`. Raises KeyError.

    A date of TOML is text in the format `date`.
    """
    kinds = _TYPES[name]
    _, definitions = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    for each in definitions.values():
        each["description"] = inspect.cleandoc(each.get("description", ""))
    if len(kinds) == 1:
        body = definitions.pop(kinds[0].__name__)
    else:
        body = {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds]}
    if name == "registry.toml":
        body["properties"]["profile"]["enum"] = profile_names()
        body["properties"]["layout"]["enum"] = list(layouts())
        body["properties"]["features"]["items"]["enum"] = sorted(known_features())
        del body["properties"]["management"]["default"]
        body["properties"]["management"] |= {"anyOf": [_driver_schema(name) for name in driver_names()]}
    whole = {
        "$schema": DIALECT,
        "$id": f"urn:pypi-registry-conformance:{name}:1",
        **body,
        "title": _TITLES[name],
        "$defs": definitions,
    }
    table: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return table


def _driver_schema(name: str) -> dict[str, Any]:
    """Return the schema of the table `[management]` of a driver."""
    settings = driver_class(name).Settings
    _, definitions = msgspec.json.schema_components([settings], ref_template="#/$defs/{name}")
    form = definitions[settings.__name__]
    named = {"driver": {"const": name, "description": inspect.getdoc(driver_class(name)) or ""}}
    return {
        "type": "object",
        "properties": named | form["properties"],
        "required": ["driver", *form["required"]],
        "additionalProperties": False,
    }
