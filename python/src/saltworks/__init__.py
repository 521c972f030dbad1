"""A client of a Saltworks server: datasets, masks as NumPy arrays, runs, campaigns and exports."""

from .campaigns import Assignment, Campaign
from .client import Client
from .datasets import Dataset, Run
from .masks import Mask, decode, iou, iou_by_category, overlay
from .server import SaltworksError

__all__ = [
    "Assignment",
    "Campaign",
    "Client",
    "Dataset",
    "Mask",
    "Run",
    "SaltworksError",
    "decode",
    "iou",
    "iou_by_category",
    "overlay",
]
