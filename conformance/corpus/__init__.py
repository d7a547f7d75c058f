"""What a run publishes once, and the ledger that records it."""

from conformance.corpus.corpus import VERSIONS, Corpus, Published, new_run_id, planned

__all__ = ["VERSIONS", "Corpus", "Published", "new_run_id", "planned"]
