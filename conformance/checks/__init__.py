"""One module per area of the catalogue, one function per requirement."""
