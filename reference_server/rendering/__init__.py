"""What pages say, and how it is written down."""
