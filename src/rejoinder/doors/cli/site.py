"""The command that writes the explorer as files."""

import argparse

from rejoinder.doors.cli.talk import counted, emit, opened, say

__all__ = ["site"]


def site(options: argparse.Namespace) -> int:
    """Write all pages into a folder that any web server of files can host; or the start page with SPARQL as one."""
    graph = opened(options)
    if options.single_file:
        from rejoinder.doors.web.single_file import page

        emit(page(graph), options.output)
        say(f"wrote {options.output}, which a browser opens from the disk")
        return 0
    from rejoinder.doors.web.site import write

    written = write(graph, options.output)
    say(
        f"wrote {counted(written.files, 'file')}, {written.bytes / 1e6:.1f} MB, into {options.output}: any web server "
        f"of files can host them\n  to look at them: "
        f"python3 -m http.server --bind 127.0.0.1 --directory {options.output} 8080"
    )
    return 0
