"""Other methods from strokes to masks, in one process that answers a JSON line for a JSON line: scikit-image's random walker
and OpenCV's GrabCut, both with their own defaults, the walker by multigrid (pyamg), which scikit-image recommends.

A request has `method`, `width`, `height`, `image` (8-bit RGB) and `seeds` (16-bit: 0 where nothing is drawn, else the
number of the label from 1), both base64; an answer `labels` like `seeds`, or `error`.
"""
import base64
import json
import sys
import warnings

import cv2
import numpy as np
from skimage.segmentation import random_walker


def random_walk(image, seeds):
    return random_walker(image / 255, seeds.astype(np.int32), mode="cg_mg", channel_axis=-1)


def grabcut(image, seeds):
    """Two labels. Pixels that are not drawn on begin as probably that of the nearest stroke."""
    # The colour models begin by chance.
    cv2.setRNGSeed(1)
    far = [cv2.distanceTransform((seeds != label).astype(np.uint8), cv2.DIST_L2, 5) for label in (1, 2)]
    mask = np.where(far[1] < far[0], cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[seeds == 1] = cv2.GC_BGD
    mask[seeds == 2] = cv2.GC_FGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(image[..., ::-1]), mask, None, *models, 5, cv2.GC_INIT_WITH_MASK)
    return np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 2, 1)


methods = {"random walker": random_walk, "grabcut": grabcut}


def answer(job):
    shape = job["height"], job["width"]
    image = np.frombuffer(base64.b64decode(job["image"]), np.uint8).reshape(*shape, 3)
    seeds = np.frombuffer(base64.b64decode(job["seeds"]), "<u2").reshape(shape)
    labels = methods[job["method"]](image, seeds).astype("<u2")
    return {"labels": base64.b64encode(labels.tobytes()).decode()}


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    # One thread, so that sums are added in one order.
    cv2.setNumThreads(1)
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        try:
            told = answer(json.loads(line))
        except Exception as error:  # the other side decides what a failure means
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(told), flush=True)
