"""The way in: a server, and what it holds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .campaigns import Campaign, categories_of
from .datasets import Dataset
from .server import Query, Server, at

if TYPE_CHECKING:
    from . import models


class Client:
    """A server, as one account sees it.

    url: default SALTWORKS_URL, else http://127.0.0.1:7300.
    key: an API key, default SALTWORKS_API_KEY, else what stands in the file that SALTWORKS_API_KEY_FILE names.
    timeout: seconds to wait for an answer.
    """

    def __init__(self, url: str | None = None, key: str | None = None, *, timeout: float = 60) -> None:
        key = (key or _key_of_environment()).strip()
        url = url or os.environ.get("SALTWORKS_URL") or "http://127.0.0.1:7300"
        self._server = Server(url, key, timeout)

    def datasets(self) -> list[models.Dataset]:
        """Datasets of campaigns that the account reviews or manages; all, for administrators."""
        found: list[models.Dataset] = self.ask("GET", "/api/datasets")
        return found

    def dataset(self, name: str) -> Dataset:
        return Dataset(self._server, name)

    def campaigns(self) -> list[models.Campaign]:
        """Campaigns that the account may see."""
        found: list[models.Campaign] = self.ask("GET", "/api/campaigns")
        return found

    def campaign(self, id: str) -> Campaign:
        return Campaign(self._server, id)

    def create_campaign(
        self,
        id: str,
        dataset: str,
        categories: Sequence[str | Mapping[str, Any]],
        *,
        name: str | None = None,
        **settings: Any,
    ) -> Campaign:
        """A new campaign over a dataset; for administrators.

        categories: names, `sky:stuff` for stuff, or dictionaries with name, id, colour, isthing, description.
        settings: annotators, honeypotRate, instructions, backbone, preset … (`NewCampaign` of the API).
        """
        body = {"id": id, "name": name or id, "dataset": dataset, "categories": categories_of(categories), **settings}
        return Campaign(self._server, self.ask("POST", "/api/campaigns", body=body)["id"])

    def ask(self, method: str, path: str, *, body: object = None, query: Query | None = None) -> Any:
        """Any other question of the API (`/api/openapi.json`), answered as JSON."""
        return self._server.json(method, path, body=body, query=query)

    def __repr__(self) -> str:
        return f"<Client of {self._server.url}>"


def _key_of_environment() -> str:
    if key := os.environ.get("SALTWORKS_API_KEY"):
        return key
    if file := os.environ.get("SALTWORKS_API_KEY_FILE"):
        return Path(file).read_text()
    raise ValueError("no key; expected an argument, SALTWORKS_API_KEY or SALTWORKS_API_KEY_FILE")
