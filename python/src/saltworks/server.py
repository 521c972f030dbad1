"""Requests to a server, and how it refuses them."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode, urlsplit


class SaltworksError(Exception):
    """The server refused a request or did not answer, or a run failed.

    `status` is the HTTP status, None where there was no answer; the message is the server's own line.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message if status is None else f"{status}: {message}")
        self.status = status


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the key to another host."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)

#: Seconds for which a request is sent again that the server had no time for.
_PATIENCE = 120

Query = Mapping[str, str | int | float | None]


class Server:
    """A server's address and the key that lets a caller in."""

    def __init__(self, url: str, key: str, timeout: float) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"{url!r}; expected the address of a server, as http://127.0.0.1:7300")
        self.url = url.rstrip("/")
        self._key = key
        self._timeout = timeout

    @contextmanager
    def open(
        self, method: str, path: str, *, body: object = None, query: Query | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer to a request. One that the server has no time for is sent again when the server says."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        address = f"{self.url}{path}{'?' + urlencode(given) if given else ''}"
        headers = {"authorization": f"Bearer {self._key}"}
        if body is not None:
            headers["content-type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, data, headers, method=method)
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                response = _opener.open(request, timeout=self._timeout)
                break
            except urllib.error.HTTPError as error:
                with error:
                    after = error.headers.get("retry-after") or ""
                    wait = int(after) if after.isdecimal() else 1
                    # Neither was carried out; a 503 may have been begun.
                    again = error.code == 429 or (error.code == 503 and method == "GET")
                    if not again or time.monotonic() + wait > until:
                        raise SaltworksError(_line(error), error.code) from None
                time.sleep(wait)
            except (OSError, http.client.HTTPException) as error:
                raise self._away(error) from error
        with response:
            try:
                yield response
            except (ConnectionError, TimeoutError, http.client.HTTPException) as error:
                raise self._away(error) from error

    def json(self, method: str, path: str, *, body: object = None, query: Query | None = None) -> Any:
        with self.open(method, path, body=body, query=query) as response:
            text = response.read()
        return json.loads(text) if text else None

    def bytes(self, path: str, *, query: Query | None = None) -> bytes:
        with self.open("GET", path, query=query) as response:
            return response.read()

    def pages(self, path: str, query: Query) -> Iterator[Any]:
        """Items of a list that comes in parts."""
        after = None
        while True:
            part = self.json("GET", path, query={"limit": 200, **query, "after": after})
            yield from part["items"]
            after = part["next"]
            if after is None:
                return

    def _away(self, error: Exception) -> SaltworksError:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return SaltworksError(f"no answer from the server at {self.url} ({reason})")


def at(*parts: str | int) -> str:
    """An address below /api. A name in it cannot lead elsewhere."""
    return "/api/" + "/".join(quote(str(part), safe="") for part in parts)


def _line(error: urllib.error.HTTPError) -> str:
    """What the server says: `error` of its own answers, `message` of those of signing in."""
    try:
        said = json.loads(error.read())
        return str(said.get("error") or said["message"])
    except (OSError, ValueError, KeyError, AttributeError, TypeError, http.client.HTTPException):
        return str(error.reason)
