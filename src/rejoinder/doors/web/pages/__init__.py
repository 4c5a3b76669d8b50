"""The pages of the explorer, as pure functions from a path and its parameters to HTML."""

from rejoinder.doors.web.pages.render import Page, Pages

__all__ = ["Page", "Pages"]
