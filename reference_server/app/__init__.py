"""The application: routes, handlers, and the seams where it can be altered."""
