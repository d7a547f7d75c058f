"""One module per kind of route: read the request, call a rule, answer."""
