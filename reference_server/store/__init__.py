"""Where the state lives."""

from reference_server.store.blobs import Blob, Blobs, Spool
from reference_server.store.memory import MemoryStore
from reference_server.store.protocol import Store

__all__ = ["Blob", "Blobs", "MemoryStore", "Spool", "Store"]
