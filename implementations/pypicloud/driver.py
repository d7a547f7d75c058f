"""Deletes a file of pypicloud, as a `command` driver. Source: pypicloud 1.3, `views/api.py`, `delete_package()`."""

from __future__ import annotations

import base64
import json
import sys
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

NOT_THERE = 400
"""What pypicloud answers where it has no such file."""
CANNOT_DO = 10


def main() -> int:
    """Read a request of the suite from the standard input, and do it."""
    request = json.load(sys.stdin)
    if request["action"] == "abilities":
        print(json.dumps({"abilities": ["delete"]}))
        return 0
    try:
        _delete(request)
    except urllib.error.HTTPError as error:
        if error.code != NOT_THERE:
            print(f"{error} for {error.url}", file=sys.stderr)
            return CANNOT_DO
    return 0


def _delete(request: dict[str, Any]) -> None:
    path = "/".join(quote(request[key], safe="") for key in ("project", "filename"))
    credential = base64.b64encode(f"{request['username']}:{request['password']}".encode()).decode()
    url = f"{request['url'].rstrip('/')}/api/package/{path}/"
    headers = {"Authorization": f"Basic {credential}"}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deletion = urllib.request.Request(url, headers=headers, method="DELETE")  # noqa: S310 - the URL is the target's
    with opener.open(deletion):
        return


if __name__ == "__main__":
    sys.exit(main())
