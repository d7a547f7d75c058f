"""The application: routes, handlers, and the calls of alterations."""
