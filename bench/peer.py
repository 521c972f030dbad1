"""The peers, in one process that answers a JSON line for a JSON line: scikit-learn's LabelSpreading, pydensecrf.

Arrays travel as raw little-endian files. Times are wall seconds around the peer's own call, import and I/O left out.
"""
import json
import platform
import sys
import time
import warnings

import numpy as np


def spread(job):
    from sklearn.semi_supervised import LabelSpreading

    x = np.fromfile(job["nodes"], np.float32).reshape(job["n"], job["d"])
    seeds = np.fromfile(job["seeds"], np.int32)
    model = LabelSpreading(kernel="rbf", gamma=job["gamma"], alpha=job["alpha"])
    start = time.perf_counter()
    model.fit(x, seeds)
    seconds = time.perf_counter() - start
    model.label_distributions_.astype(np.float32).tofile(job["out"])
    return {"seconds": seconds, "iterations": int(model.n_iter_)}


def crf(job):
    from pydensecrf.densecrf import DenseCRF2D

    w, h, c = job["width"], job["height"], job["c"]
    image = np.fromfile(job["image"], np.uint8).reshape(h, w, 3)
    unary = np.ascontiguousarray(np.fromfile(job["unary"], np.float32).reshape(h * w, c).T)
    start = time.perf_counter()
    d = DenseCRF2D(w, h, c)
    d.setUnaryEnergy(unary)
    g, b = job["gaussian"], job["bilateral"]
    d.addPairwiseGaussian(sxy=g["xy"], compat=g["weight"])
    d.addPairwiseBilateral(sxy=b["xy"], srgb=b["rgb"], rgbim=image, compat=b["weight"])
    built = time.perf_counter()
    q = np.array(d.inference(job["steps"]))
    end = time.perf_counter()
    np.ascontiguousarray(q.T).astype(np.float32).tofile(job["out"])
    return {"cold": end - start, "warm": end - built}


def about(_):
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for name in ("scikit-learn", "pydensecrf2"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return versions


warnings.filterwarnings("ignore")
for line in sys.stdin:
    job = json.loads(line)
    try:
        answer = {"spread": spread, "crf": crf, "about": about}[job["op"]](job)
    except Exception as error:  # the other side decides what a failure means
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
