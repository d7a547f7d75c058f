"""`python -m reference_server` is `reference-server`."""

from reference_server.commands.main import main

if __name__ == "__main__":
    raise SystemExit(main())
