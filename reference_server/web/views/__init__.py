"""Views, one module per part of the page: read the visit, call the registry, render."""
