"""`python -m conformance.load.process`: a process in which Locust drives users.

Importing Locust makes the standard library cooperative (gevent's monkey-patching). That has to come first, and must
not reach the rest of the suite: nothing else imports it.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Carry out the task on standard input."""
    import locust  # noqa: F401 - patches the standard library before anything else is imported

    from conformance.load.swarm import Swarm
    from conformance.load.task import unpacked

    Swarm(unpacked(sys.stdin.buffer.read())).run()


if __name__ == "__main__":
    main()
