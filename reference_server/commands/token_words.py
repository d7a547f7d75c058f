"""What the commands that need a token have in common: its kinds, and the variable that holds one."""

from __future__ import annotations

TOKEN_VARIABLE = "REFERENCE_SERVER_TOKEN"  # noqa: S105 - the name of an environment variable
KINDS = ("personal", "deploy", "job")
