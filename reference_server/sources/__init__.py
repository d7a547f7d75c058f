"""Where projects come from beside uploads: another index, a recording of one, and a folder of distributions."""
