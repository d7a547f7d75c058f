"""The result of a run, and the formats of its reports."""
