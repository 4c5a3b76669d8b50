"""Last stage: the ways in, from the command line and from Python."""
