"""`python -m conformance` is `registry-conformance`."""

import sys

from conformance.commands.main import main

sys.exit(main())
