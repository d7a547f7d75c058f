"""A backend of keyring for a test: it knows what is in `keyring.json` beside it, and nothing of the user's.

Clients that import keyring find it by PYTHONPATH and PYTHON_KEYRING_BACKEND; this process never imports it.
Source: https://keyring.readthedocs.io/en/latest/#write-your-own-keyring-backend
"""

import json
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential


class Keyring(KeyringBackend):
    """Knows one user name and password, for the services that are listed."""

    priority = 9

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of keyring
        text = Path(__file__).with_name("keyring.json").read_text(encoding="utf-8")
        self._known = json.loads(text)

    def get_password(self, service: str, username: str) -> str | None:
        """Return the password of the user, for a service that is listed."""
        known = self._known
        return known["password"] if service in known["services"] and username == known["username"] else None

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        """Return the user name and the password of a service that is listed."""
        known = self._known
        if service not in known["services"] or username not in {None, known["username"]}:
            return None
        return SimpleCredential(known["username"], known["password"])

    def set_password(self, service: str, username: str, password: str) -> None:
        """Refuse: a client of a test changes nothing."""
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        """Refuse: a client of a test changes nothing."""
        raise NotImplementedError
