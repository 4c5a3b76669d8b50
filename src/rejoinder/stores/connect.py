"""A store found by its address: what kind it is, where it takes what, and who we are to it."""

from collections.abc import Callable
from urllib.parse import urlsplit

from rejoinder.errors import UsageError
from rejoinder.stores import is_address
from rejoinder.stores.profiles import PROFILES, UNKNOWN, Addresses, Profile, profile_of
from rejoinder.stores.server import Server

__all__ = ["connect"]


def connect(
    url: str, store: str | None = None, timeout: float = 60.0, trace: Callable[[str], None] | None = None
) -> Server:
    """Return the server at an address: that of a store as a whole, or any of those that the store has.

    Which kind of store it is, its answers tell, unless `store` names a profile. One that tells nothing, and answers a
    query, can be asked and no more. Raises UsageError for an address that is none and for an unknown profile,
    StoreError where nothing answers, or something that is no store.
    """
    from rejoinder.stores.login import Login

    _require_address(url)
    profile = profile_of(store) if store else None
    base = url.split("?")[0].split("#")[0].rstrip("/")
    login = Login(url)
    if profile:
        return Server(profile.addresses(base), profile, login, timeout, trace)
    unknown = Server(Addresses(base, "", ""), UNKNOWN, login, timeout, trace)
    headers, wrong = unknown.greet()
    profile = _recognise(base, headers)
    if profile is None:
        if wrong:
            raise wrong
        return unknown
    addresses = profile.addresses(base)
    # A proxy may have given it another path than the store's own.
    return Server(addresses if wrong else addresses._replace(query=base), profile, login, timeout, trace)


def _recognise(base: str, headers: str) -> Profile | None:
    for profile in PROFILES.values():
        if any(word in headers for word in profile.known_by):
            return profile
    path = urlsplit(base).path
    return next((one for one in PROFILES.values() if one.path and one.path in path), None)


def _require_address(url: str) -> None:
    if not is_address(url) or not _has_host(url):
        raise UsageError(f"'{url}' is no address of a server", "give one such as http://127.0.0.1:7878")
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise UsageError(
            "a login does not belong into an address, where others can read it",
            "set REJOINDER_USER and REJOINDER_PASSWORD, or write it into ~/.netrc",
        )


def _has_host(url: str) -> bool:
    """Tell whether an address names a host, with labels of 1 to 63 characters, and a port if any (RFC 3986, 3.2)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    labels = host.removesuffix(".").split(".")
    return port != 0 and not any(map(str.isspace, host)) and all(0 < len(label) <= 63 for label in labels)
