"""The suite against registries that answer as badly as they can: `python -m benchmarks.hostile`."""
