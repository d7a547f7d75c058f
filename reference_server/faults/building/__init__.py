"""What faults are built from: how a request is read, and one base class per kind of fault."""
