"""Datasets: images, masks, runs over them, exports."""

from __future__ import annotations

import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING, Any

from .masks import Mask, Pixels, mask_of, picture
from .server import SaltworksError, Server, at

if TYPE_CHECKING:
    from . import models

#: Takes a line that says how far something is.
Tell = Callable[[str], object]


class Run:
    """A run over a dataset: an extraction, a propagation, an export."""

    def __init__(self, server: Server, dataset: str, info: models.Run) -> None:
        self._server = server
        self.dataset = dataset
        #: As the server told it last.
        self.info = info

    @property
    def id(self) -> str:
        return self.info["id"]

    def refresh(self) -> models.Run:
        self.info = self._server.json("GET", at("datasets", self.dataset, "run"), query={"id": self.id})
        return self.info

    def wait(self, tell: Tell | None = None, *, timeout: float | None = None, every: float = 0.5) -> Run:
        """Waits for the end. The run goes on if the caller stops waiting.

        tell: is given a line whenever something changed, `print` for instance. timeout, every: seconds.
        Raises SaltworksError if the run failed or was cancelled, TimeoutError.
        """
        said = None
        for info in _until(self.refresh, timeout, every):
            line = _line(info, self.dataset)
            if tell and line != said:
                tell(line)
            said = line
            if info["state"] == "done":
                return self
            if info["state"] != "running":
                raise SaltworksError(f"{info['kind']} of {self.dataset} {info['state']}: {info['reason'] or 'no reason told'}")
        raise TimeoutError(f"{said}: not done after {timeout} s; the run goes on")

    def pause(self) -> None:
        self._control("pause")

    def resume(self) -> None:
        self._control("resume")

    def cancel(self) -> None:
        self._control("cancel")

    def _control(self, action: str) -> None:
        self._server.json("POST", at("datasets", self.dataset, "runs", "control"), body={"id": self.id, "action": action})

    def __repr__(self) -> str:
        return f"<Run {self.id}: {self.info['state']}>"


def _line(info: models.Run, dataset: str) -> str:
    line = f"{dataset}: {info['kind']}"
    if progress := info["progress"]:
        line += f", {progress['done'] + progress['cached'] + progress['failed']} of {progress['total']} images"
        line += f", {progress['failed']} failed" if progress["failed"] else ""
    if failing := info["failing"]:
        line += f", tried again: {failing['reason']}"
    if waiting := info["waiting"]:
        line += f", waits for a worker: {waiting['start']}"
    return line if info["state"] == "running" else f"{line}, {info['state']}"


def _until(ask: Callable[[], Any], timeout: float | None, every: float) -> Iterator[Any]:
    """Answers, one after the other, until the time is over."""
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        yield ask()
        if end is not None and time.monotonic() + every > end:
            return
        time.sleep(every)


class Dataset:
    """Images, and masks that were made of them."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self.name = name

    def info(self) -> models.DatasetDetail:
        """What it holds: images, keys, mask sets, campaigns."""
        info: models.DatasetDetail = self._server.json("GET", at("datasets", self.name))
        return info

    def mask_sets(self) -> list[models.MaskSet]:
        """Sets of masks: of propagations, of campaigns, of builds."""
        return self.info()["masks"]

    def images(
        self,
        recipe: str | None = None,
        *,
        state: str | None = None,
        category: str | None = None,
        uncertain: float | None = None,
    ) -> Iterator[models.DatasetImage]:
        """Images by their numbers, through a mask set if one is named.

        state: 'masked', 'failed' or 'none'. category: in the mask. uncertain: the least uncertainty, 0 … 1.
        """
        query = {"recipe": recipe, "state": state, "category": category, "uncertain": uncertain}
        return self._server.pages(at("datasets", self.name, "images"), query)

    def pixels(self, image: int | models.DatasetImage) -> Pixels:
        """[height, width, 3], RGB: an image upright, given itself or its number."""
        number = image if isinstance(image, int) else image["id"]
        return picture(self._server.bytes(at("datasets", self.name, "images", number, "view")))

    def masks(
        self, recipe: str | None = None, *, category: str | None = None, uncertain: float | None = None
    ) -> Iterator[Mask]:
        """Masks of a set, one request each. recipe: the set's name, default the only one that is there."""
        recipe = recipe or self._only_recipe()
        for image in self.images(recipe, state="masked", category=category, uncertain=uncertain):
            png = self._server.bytes(at("datasets", self.name, "images", image["id"], "mask"), query={"recipe": recipe})
            yield mask_of(image["name"], png, ((one["id"], one["category"]) for one in image["segments"]))

    def extract(self, **settings: Any) -> Run:
        """Starts the run that makes keys, or joins it. settings: backbone, layer, facet, longSide, codec."""
        return self._start("runs", {"kind": "extract", **settings})

    def propagate(self, **settings: Any) -> Run:
        """Starts the run that makes masks of scribbles, or joins it. settings: preset, and those of `extract`."""
        return self._start("runs", {"kind": "propagate", **settings})

    def runs(self) -> list[Run]:
        """The latest, the newest first."""
        return [Run(self._server, self.name, info) for info in self._server.json("GET", at("datasets", self.name, "runs"))]

    def exports(self) -> list[models.Export]:
        """Exports that can be downloaded, the newest first."""
        found: list[models.Export] = self._server.json("GET", at("datasets", self.name, "exports"))
        return found

    def export(
        self, format: str, out: str | Path, recipe: str | None = None, *, tell: Tell | None = None, **options: Any
    ) -> models.Export:
        """Exports a mask set and unpacks it into a folder. options: pictures, split (spec/export.md)."""
        run = self._start("exports", {"format": format, "recipe": recipe or self._only_recipe(), **options})
        return download(self._server, run, out, tell)

    def _start(self, what: str, body: dict[str, Any]) -> Run:
        return Run(self._server, self.name, self._server.json("POST", at("datasets", self.name, what), body=body))

    def _only_recipe(self) -> str:
        recipes = self.info()["recipes"]
        if len(recipes) != 1:
            raise ValueError(f"{self.name} has {len(recipes)} mask sets {recipes}; expected the recipe of one")
        return recipes[0]

    def __repr__(self) -> str:
        return f"<Dataset {self.name}>"


def download(server: Server, run: Run, out: str | Path, tell: Tell | None) -> models.Export:
    """Waits for an export and unpacks it. Files of the folder that are not part of it stay."""
    run.wait(tell)
    # FORMAT+OPTIONS/RECIPE. A run dates what it exports anew, so the newest one is its own.
    options, recipe = run.info["of"].split("/", 1)
    made = Dataset(server, run.dataset).exports()
    export = next(one for one in made if one["format"] == options.split("+")[0] and one["recipe"] == recipe)
    with tempfile.TemporaryFile() as file:
        with server.open("GET", at("datasets", run.dataset, "exports", export["id"], "zip")) as response:
            copyfileobj(response, file)
        # `extractall` keeps every name within the folder.
        with zipfile.ZipFile(file) as archive:
            archive.extractall(out)
    return export
