"""`python -m conformance` is `registry-conformance`."""

import sys

from conformance.cli import main

sys.exit(main())
