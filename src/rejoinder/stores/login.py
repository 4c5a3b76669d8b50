"""Who we are to a store: a login from the environment or from netrc, given only where it is asked for."""

import os
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.utils import get_netrc_auth

from rejoinder.errors import UsageError

__all__ = ["Login"]

USER, PASSWORD, TOKEN = "REJOINDER_USER", "REJOINDER_PASSWORD", "REJOINDER_TOKEN"


class Login(AuthBase):
    """What authorizes requests (RFC 9110, section 11).

    A token goes with each request, as its kind is never asked for (RFC 6750). A password is given to a store that has
    answered 401, in the way that it named: Digest (RFC 7616), else Basic (RFC 7617).
    """

    def __init__(self, url: str) -> None:
        self._token = os.environ.get(TOKEN, "")
        user = os.environ.get(USER, "")
        self._known = (user, os.environ.get(PASSWORD, "")) if user else get_netrc_auth(url)
        self._scheme: AuthBase | None = None
        for name, value in ((TOKEN, self._token), *((USER, part) for part in self._known or ())):
            # http.client would say what it cannot send, and with it the secret.
            if any(not " " <= letter <= "\xff" for letter in value):
                raise UsageError(f"{name} or its password holds a character that no header can", "set it anew")

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Authorize a request: called by requests."""
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
            return request
        return self._scheme(request) if self._scheme else request

    def choose(self, response: requests.Response) -> bool:
        """Take the way that a 401 asks for. Returns False where there is nothing to try, or it has been tried."""
        if self._token or self._scheme or not self._known:
            return False
        asked = response.headers.get("WWW-Authenticate", "").lower()
        kind: Any = HTTPDigestAuth if "digest" in asked else HTTPBasicAuth
        self._scheme = kind(*self._known)
        return True

    def failed(self) -> str:
        """Say who was refused."""
        if self._token:
            return f"the token of {TOKEN} is not accepted"
        return f"user '{self._known[0]}' is not accepted" if self._known else "it asks for a login"

    def cure(self) -> str:
        """Say how a login is given."""
        return f"set {USER} and {PASSWORD}, or {TOKEN}, or write the login into ~/.netrc"
