"""Masks as arrays: read, laid over pictures, compared."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Ids = NDArray[np.uint32]
Pixels = NDArray[np.uint8]


class Segment(TypedDict):
    """A segment of a mask. `bbox` is x, y, width, height, in pixels."""

    id: int
    category: str
    area: int
    bbox: tuple[int, int, int, int]


@dataclass(frozen=True)
class Mask:
    """The mask of one image.

    name: of the image. ids: [height, width], the segment that owns each pixel, 0 the background.
    segments: those with pixels, ids ascending; the background is not listed.
    """

    name: str
    ids: Ids
    segments: list[Segment]

    def of(self, category: str) -> NDArray[np.bool_]:
        """[height, width]: the pixels of all segments of a category."""
        return np.isin(self.ids, [one["id"] for one in self.segments if one["category"] == category])


def decode(png: bytes) -> Ids:
    """The ids of a COCO panoptic PNG: R + 256·G + 65536·B."""
    rgb = picture(png).astype(np.uint32)
    return rgb[..., 0] + 256 * rgb[..., 1] + 65536 * rgb[..., 2]


def picture(encoded: bytes) -> Pixels:
    """Bytes of a picture → [height, width, 3], RGB."""
    with Image.open(io.BytesIO(encoded)) as image:
        return np.array(image.convert("RGB"))


def mask_of(name: str, png: bytes, categories: Iterable[tuple[int, str]]) -> Mask:
    """A mask from its PNG and the categories of segments, by id; of those that have pixels there."""
    ids = decode(png)
    here = np.unique(ids)
    return Mask(name, ids, [_segment(ids, id, category) for id, category in sorted(categories) if id in here])


def _segment(ids: Ids, id: int, category: str) -> Segment:
    inside = ids == id
    x, y = (np.flatnonzero(inside.any(axis=axis)) for axis in (0, 1))
    box = (int(x[0]), int(y[0]), int(x[-1] - x[0] + 1), int(y[-1] - y[0] + 1))
    return {"id": id, "category": category, "area": int(inside.sum()), "bbox": box}


def overlay(pixels: Pixels, mask: Mask, opacity: float = 0.5) -> Pixels:
    """A picture with a colour over each segment; the background stays as it is."""
    shown = pixels.astype(np.float64)
    for nth, segment in enumerate(mask.segments):
        # The golden angle sets neighbours apart, however many there are.
        colour = np.multiply(colorsys.hls_to_rgb(nth * 0.381966 % 1, 0.6, 0.9), 255)
        inside = mask.ids == segment["id"]
        shown[inside] = (1 - opacity) * shown[inside] + opacity * colour
    return np.round(shown).astype(np.uint8)


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two sets of pixels; 1 if both are empty."""
    union = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / union) if union else 1.0


def iou_by_category(one: Mask, other: Mask) -> dict[str, float]:
    """The IoU of each category that either mask has, all segments of a category together."""
    names = sorted({segment["category"] for mask in (one, other) for segment in mask.segments})
    return {name: iou(one.of(name), other.of(name)) for name in names}
