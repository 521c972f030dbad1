"""The peers, in one process that answers a JSON line for a JSON line: scikit-learn's LabelSpreading, scikit-image's
random_walker, pydensecrf, onnxruntime.

Arrays travel as raw little-endian files. Times are wall seconds around the peer's own call, import and I/O left out.
"""
import contextlib
import json
import platform
import sys
import time
import warnings

import numpy as np


def spread(job):
    from sklearn.semi_supervised import LabelSpreading
    from threadpoolctl import threadpool_limits

    x = np.fromfile(job["nodes"], np.float32).reshape(job["n"], job["d"])
    seeds = np.fromfile(job["seeds"], np.int32)
    model = LabelSpreading(kernel="rbf", gamma=job["gamma"], alpha=job["alpha"])
    with threadpool_limits(job["limit"]) if "limit" in job else contextlib.nullcontext():
        start = time.perf_counter()
        model.fit(x, seeds)
        seconds = time.perf_counter() - start
    model.label_distributions_.astype(np.float32).tofile(job["out"])
    return {"seconds": seconds, "iterations": int(model.n_iter_)}


def walk(job):
    from skimage.segmentation import random_walker

    h, w = job["h"], job["w"]
    colours = np.fromfile(job["colours"], np.float32).reshape(h, w, 3)
    # Its labels begin with 1; 0 is to be found.
    labels = np.fromfile(job["seeds"], np.int32).reshape(h, w) + 1
    start = time.perf_counter()
    scores = random_walker(
        colours, labels, beta=job["beta"], mode=job["mode"], tol=job["tol"], channel_axis=-1, return_full_prob=True
    )
    seconds = time.perf_counter() - start
    np.ascontiguousarray(scores).astype(np.float32).tofile(job["out"])
    return {"seconds": seconds}


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


sessions = {}


def extract(job):
    """The loop that somebody writes who needs keys once: read, decode, resize, run, file by file."""
    import onnxruntime
    from PIL import Image, ImageOps

    if job["model"] not in sessions:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = job["threads"]
        sessions[job["model"]] = onnxruntime.InferenceSession(job["model"], options, ["CPUExecutionProvider"])
    session = sessions[job["model"]]
    patch, mean, std = job["patch"], np.float32(job["mean"]), np.float32(job["std"])
    start = time.perf_counter()
    for file in job["files"]:
        image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
        scale = job["longSide"] / max(image.size)
        size = [max(1, round(side * scale / patch)) * patch for side in image.size]
        pixels = np.asarray(image.resize(size, Image.BICUBIC), np.float32) / 255
        pixels = np.ascontiguousarray(((pixels - mean) / std).transpose(2, 0, 1)[None])
        session.run([job["output"]], {job["input"]: pixels})
    return {"seconds": time.perf_counter() - start}


def about(_):
    from importlib.metadata import PackageNotFoundError, version

    import sklearn.semi_supervised  # noqa: F401  brings the libraries whose threads are asked for
    from threadpoolctl import threadpool_info

    answer = {"python": platform.python_version()}
    for name in ("numpy", "scikit-learn", "scikit-image", "pydensecrf2", "onnxruntime"):
        try:
            answer[name] = version(name)
        except PackageNotFoundError:
            answer[name] = None
    answer["threads"] = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    return answer


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = {"spread": spread, "walk": walk, "crf": crf, "extract": extract, "about": about}[job["op"]](job)
        except Exception as error:  # the other side decides what a failure means
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
