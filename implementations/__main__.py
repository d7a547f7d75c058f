"""`python -m implementations`."""

import sys

from implementations.commands import main

if __name__ == "__main__":
    sys.exit(main())
