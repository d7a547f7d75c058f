"""HTTP behaviour that clients rely on."""
