"""Where the state lives."""

from reference_server.model.blob import Blob
from reference_server.store.blobs import Blobs, Spool
from reference_server.store.memory import MemoryStore

__all__ = ["Blob", "Blobs", "MemoryStore", "Spool"]
