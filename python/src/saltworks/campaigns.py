"""Campaigns: people's work, its progress and figures, and the masks that come of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .datasets import Run, Tell, _until, download
from .masks import Mask, Pixels, mask_of, picture
from .server import Server, at

if TYPE_CHECKING:
    from . import models

#: Okabe and Ito's colours, told apart by people with and without red and green cones.
_COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7"]
#: Interactions of one request: the server takes 500, of 512 KiB together.
_BATCH = 50


def categories_of(given: Sequence[str | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Categories as the server takes them, from names (`sky:stuff` for stuff) or from these with some fields."""
    found = []
    for i, one in enumerate(given):
        fields = _named(one) if isinstance(one, str) else one
        found.append({"id": i + 1, "colour": _COLOURS[i % len(_COLOURS)], "isthing": True, **fields})
    return found


def _named(text: str) -> dict[str, Any]:
    name, _, kind = text.rpartition(":")
    return {"name": name, "isthing": kind == "thing"} if name and kind in ("stuff", "thing") else {"name": text}


class Campaign:
    """Images of a dataset, given to annotators."""

    def __init__(self, server: Server, id: str) -> None:
        self._server = server
        self.id = id

    def info(self) -> models.Campaign:
        """Its settings and categories."""
        info: models.Campaign = self._ask("GET")
        return info

    def set(self, **changes: Any) -> models.Campaign:
        """Changes settings: name, instructions, annotators, honeypotRate, state ('open', 'paused', 'closed') …"""
        info: models.Campaign = self._ask("PATCH", body=changes)
        return info

    def progress(self) -> models.Progress:
        """Tasks, how many of them are done and accepted, assignments by state."""
        progress: models.Progress = self._ask("GET", "progress")
        return progress

    def wait_until_prepared(
        self, tell: Tell | None = None, *, timeout: float | None = None, every: float = 0.5
    ) -> models.Progress:
        """Waits until every image of the dataset can be annotated. Raises TimeoutError."""
        said = None
        for progress in _until(self.progress, timeout, every):
            if tell and (line := f"{self.id}: {progress['tasks']} images ready") != said:
                tell(said := line)
            if progress["filled"]:
                ready: models.Progress = progress
                return ready
        raise TimeoutError(f"{self.id}: not prepared after {timeout} s; {self._ask('GET', 'preparation')}")

    def pace(self, by: str = "day") -> models.Pace:
        """How fast masks come, by 'hour' or 'day', and when the last one may."""
        pace: models.Pace = self._ask("GET", "pace", query={"by": by})
        return pace

    def agreement(self, *, timeout: float = 120) -> models.Agreement:
        """How far annotators agree: by image, category and annotator, and with known masks.

        Waits until all pairs are compared. Raises TimeoutError.
        """
        return self._compared("agreement", timeout)  # type: ignore[no-any-return]

    def label_efficiency(self, *, timeout: float = 900) -> models.LabelEfficiency:
        """How good masks are after so many strokes. Waits for the replays. Raises TimeoutError."""
        return self._compared("label-efficiency", timeout)  # type: ignore[no-any-return]

    def effort(self) -> models.EffortTotals:
        """Strokes and seconds by annotator and category."""
        effort: models.EffortTotals = self._ask("GET", "effort")
        return effort

    def tasks(self, **where: Any) -> Iterator[models.Task]:
        """Its images, with who did what. where: state, work, category, uncertain, order."""
        return self._server.pages(at("campaigns", self.id, "tasks"), where)

    def masks(self, **where: Any) -> Iterator[Mask]:
        """Masks of tasks as they would be published: the consensus, else what was accepted, else submitted last."""
        names = {category["id"]: category["name"] for category in self.info()["categories"]}
        for task in self.tasks(**where):
            if task["mask"] is None:
                continue
            png = self._server.bytes(at("tasks", task["id"], "mask"))
            yield mask_of(task["image"]["name"], png, ((one["id"], names[one["category"]]) for one in task["segments"]))

    def consensus(self, task: str | models.Task, weights: str | Mapping[str, float] = "reliability") -> models.Consensus:
        """One mask of all annotators' strokes. weights: 'reliability', 'equal', or numbers by user."""
        number = task if isinstance(task, str) else task["id"]
        made: models.Consensus = self._server.json("POST", at("tasks", number, "consensus"), body={"weights": weights})
        return made

    def members(self) -> list[models.Member]:
        members: list[models.Member] = self._ask("GET", "members")
        return members

    def invite(self, email: str, role: str = "annotator") -> str | None:
        """Makes somebody a member. Returns the link that signs in who had no account, once; else None."""
        link: str | None = self._ask("POST", "members", body={"email": email, "role": role}).get("link")
        return link

    def next(self) -> Assignment | None:
        """The image that the caller is to work on; None when nothing is left."""
        info = self._ask("POST", "next")
        return None if info is None else Assignment(self._server, info)

    def assignments(self, state: str | None = None) -> Iterator[Assignment]:
        """Work on its images, the latest first. state: 'leased', 'submitted', 'accepted' …"""
        before: str | None = None
        while part := self._ask("GET", "assignments", query={"limit": 200, "state": state, "before": before}):
            yield from (Assignment(self._server, info) for info in part)
            before = part[-1]["id"]

    def export(
        self, format: str, out: str | Path, *, accepted: bool = False, tell: Tell | None = None, **options: Any
    ) -> models.Export:
        """Exports the masks that are shown now, or the accepted ones alone, and unpacks them into a folder.

        options: pictures, split (spec/export.md).
        """
        info = self._ask("POST", "exports", body={"format": format, "accepted": accepted, **options})
        return download(self._server, Run(self._server, self.info()["dataset"], info), out, tell)

    def _ask(self, method: str, *more: str, body: object = None, query: Mapping[str, Any] | None = None) -> Any:
        return self._server.json(method, at("campaigns", self.id, *more), body=body, query=query)

    def _compared(self, what: str, timeout: float) -> Any:
        pending = 0
        for found in _until(lambda: self._ask("GET", what), timeout, 0.5):
            pending = found["pending"]
            if pending == 0:
                return found
        raise TimeoutError(f"{self.id}: {pending} masks still to compare after {timeout} s; expected a worker")

    def __repr__(self) -> str:
        return f"<Campaign {self.id}>"


class Assignment:
    """One annotator's work on one image."""

    def __init__(self, server: Server, info: models.Assignment) -> None:
        self._server = server
        #: As it was when it was given out or listed.
        self.info = info
        self._client = uuid.uuid4().hex
        self._sent = 0

    @property
    def id(self) -> str:
        return self.info["id"]

    @property
    def image(self) -> str:
        """The image's name."""
        return self.info["image"]["name"]

    def pixels(self) -> Pixels:
        """[height, width, 3], RGB: the image upright."""
        return picture(self._server.bytes(at("assignments", self.id, "image")))

    def draw(self, scribbles: Mapping[str, Any]) -> None:
        """Draws a scribbles document (spec/scribbles.md). Its categories are the campaign's, by name."""
        categories = {one["name"]: one["id"] for one in self._categories()}
        done: list[dict[str, Any]] = []
        for segment in scribbles["segments"]:
            if segment["category"] not in categories:
                raise ValueError(f"category {segment['category']!r}; expected one of {sorted(categories)}")
            done.append({"kind": "segment", "id": segment["id"], "category": categories[segment["category"]]})
        for stroke in scribbles["strokes"]:
            if "region" in stroke:
                done.append(_only(stroke, "segment", "region", "spread") | {"kind": "fill"})
            else:
                fields = _only(stroke, "segment", "points", "radius", "polygon", "exact", "spread")
                done.append({"radius": 0} | fields | {"kind": "stroke"})
        for lock in scribbles.get("locks", []):
            done.append(_only(lock, "segment", "region") | {"kind": "lock"})
        for start in range(0, len(done), _BATCH):
            batch = [{"seq": self._sent + 1 + i, "interaction": one} for i, one in enumerate(done[start : start + _BATCH])]
            self._ask("POST", "interactions", body={"client": self._client, "interactions": batch})
            self._sent += len(batch)

    def scribbles(self) -> dict[str, Any]:
        """What is drawn, as a scribbles document, version 1, or 2 where strokes are exact or segments locked."""
        info = self._ask("GET")
        named = {one["id"]: one for one in self._categories()}
        drawing: models.Drawing = info["drawing"]
        segments = []
        for segment in drawing["segments"]:
            category = named[segment["category"]]
            segments.append({"id": segment["id"], "category": category["name"], "isthing": category["isthing"]})
        strokes = []
        for drawn in drawing["strokes"]:
            stroke = {name: value for name, value in drawn.items() if name != "n"}
            strokes.append(_only(stroke, "segment", "region", "exact", "spread") if "region" in stroke else stroke)
        locks = drawing.get("locks", [])
        newer = bool(locks) or any(stroke.keys() - {"segment", "points", "radius"} for stroke in strokes)
        size = {"width": info["image"]["width"], "height": info["image"]["height"]}
        document = {"version": 2 if newer else 1, "image": size, "segments": segments, "strokes": strokes}
        return document | ({"locks": locks} if locks else {})

    def submit(self) -> Mask:
        """Hands the image in. Returns the mask of all that is drawn."""
        mask = self._ask("POST", "submit")["mask"]
        drawing: models.Drawing = self._ask("GET")["drawing"]
        names = {one["id"]: one["name"] for one in self._categories()}
        png = self._server.bytes(at("assignments", self.id, "masks", mask))
        return mask_of(self.image, png, ((one["id"], names[one["category"]]) for one in drawing["segments"]))

    def skip(self, reason: str) -> None:
        """Leaves the image to others, with a reason."""
        self._ask("POST", "skip", body={"reason": reason})

    def give_back(self) -> None:
        """Leaves the image to others; the drawing stays."""
        self._ask("POST", "return")

    def review(self, verdict: str, note: str | None = None) -> None:
        """Judges another's submitted work: 'accept', or 'send_back' with a note."""
        self._ask("POST", "review", body={"verdict": verdict} | ({} if note is None else {"note": note}))

    def _categories(self) -> list[models.Category]:
        return Campaign(self._server, self.info["campaign"]).info()["categories"]

    def _ask(self, method: str, *more: str, body: object = None) -> Any:
        return self._server.json(method, at("assignments", self.id, *more), body=body)

    def __repr__(self) -> str:
        return f"<Assignment {self.id}: {self.image}>"


def _only(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}
