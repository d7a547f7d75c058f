"""The simple pages as data, and their rendering as HTML and JSON."""
