"""The program `keyring` of `client_env`: knows the one host, user name and password in `keyring.json` beside it.

Source: the command line of keyring 25, as pip and uv call it: `get SERVICE [USERNAME]`, and `--mode=creds`.
"""

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit


def main(arguments: list[str]) -> int:
    """Print what was asked for, and return the exit code: 1 for another host, user name or command."""
    known = json.loads(Path(__file__).with_name("keyring.json").read_text(encoding="utf-8"))
    words = [
        each for each in arguments if not each.startswith("--") and each not in {"creds", "json", "plain"}
    ]
    if len(words) < 2 or words[0] != "get" or words[2:] not in ([], [known["username"]]):
        return 1
    service = words[1]
    if urlsplit(service if "//" in service else f"//{service}").hostname != known.pop("host"):
        return 1
    lines = [known["password"]]
    if any("creds" in each for each in arguments):
        as_json = any("json" in each for each in arguments)
        lines = [json.dumps(known)] if as_json else [known["username"], known["password"]]
    sys.stdout.write("\n".join([*lines, ""]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
