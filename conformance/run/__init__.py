"""The life of one run: set up, probe, judge, tear down."""
