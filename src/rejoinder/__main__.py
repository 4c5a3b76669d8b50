"""Run the command line with `python -m rejoinder`."""

from rejoinder.doors.cli import main

main()
