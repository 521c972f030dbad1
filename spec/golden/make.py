"""Makes the golden files of this folder from independent Python implementations.

Run `python spec/golden/make.py`; the files land next to this script. Everything is seeded: two runs
give the same bytes. README.md says what each file holds. The `assert`s are part of the point: they keep
the cases away from ties and thresholds where two correct implementations may honestly differ.
"""

import hashlib
import json
import math
import struct
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import xxhash
from PIL import Image

HERE = Path(__file__).resolve().parent


# ---------------------------------------------------------------- helpers


def nine(values):
    """A flat list of floats with 9 significant digits (enough to tell any two float32 apart)."""
    return [float(f"{v:.9g}") for v in np.asarray(values, dtype=np.float64).ravel()]


def compact(value):
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def write_json(name, document):
    """JSON with one top-level key a line, and one entry a line in lists of objects."""
    lines = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            body = "[\n  " + ",\n  ".join(compact(v) for v in value) + "\n ]"
        else:
            body = compact(value)
        lines.append(f' "{key}": {body}')
    (HERE / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def write_png(name, array):
    Image.fromarray(array).save(HERE / name, optimize=True)


def write_safetensors(name, tensors, metadata):
    """Written by the safetensors library; then only the header's key order is fixed (the library's order of
    the metadata changes from run to run). Same length, same tensors, same offsets."""
    from safetensors.numpy import load, save

    raw = save({k: np.ascontiguousarray(v) for k, v in tensors.items()}, metadata=metadata)
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    assert len(text) <= size
    fixed = raw[:8] + text.ljust(size, b" ") + raw[8 + size :]
    back = load(fixed)
    assert back.keys() == tensors.keys()
    assert all(np.array_equal(back[k], v) and back[k].dtype == v.dtype for k, v in tensors.items())
    (HERE / name).write_bytes(fixed)


# ---------------------------------------------------------------- 1. label spreading


def make_spreading():
    """scikit-learn's LabelSpreading on seeded clusters, and the exact fixed point of the same graph."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.semi_supervised import LabelSpreading

    rng = np.random.default_rng(22)
    n, d, c, tol, max_iter = 60, 5, 3, 1e-3, 30

    # Nodes 0..50: three overlapping clusters of 17. Nodes 51..56: a tight group of six far away, without seeds.
    # Nodes 57..59: loners that nobody has among its neighbours; node 58 is seeded.
    centres = np.array([[0, 0, 0, 0, 0], [1.6, 0.6, 0, -0.4, 0.8], [-0.4, 1.6, 1.0, 0.6, -0.6]])
    cluster = np.repeat(np.arange(3), 17)
    x = np.concatenate(
        [
            centres[cluster] + rng.normal(0, 0.55, (51, d)),
            np.array([2.4, 2.4, -0.8, 1.2, 1.6]) + rng.normal(0, 0.15, (6, d)),
            np.array([[-2.2, -1.4, 0.6, -1.2, 0.4], [0.6, -2.2, 1.8, 1.0, 1.2], [0.8, 0.4, -2.6, 1.2, -1.2]]),
        ]
    )
    x = np.round(x * 4096) / 4096  # multiples of 2^-12: exact in float32, short in print
    assert np.array_equal(x, x.astype(np.float32))

    # Four seeds a cluster, one of cluster 1's carrying the wrong class, and one seeded loner.
    seeds = np.full(n, -1)
    for k in range(c):
        seeds[17 * k + np.array([0, 3, 8, 12])] = k
    seeds[17 + 12] = 2
    seeds[58] = 0

    distance = np.linalg.norm(x[:, None] - x[None], axis=2)
    ranked = np.sort(distance, axis=1)
    kernels = [
        {"kernel": "rbf", "gamma": 3.0},
        {"kernel": "knn", "neighbors": 7},
        {"kernel": "knn", "neighbors": 4},
    ]
    cases = []
    for kernel in kernels:
        # A by its definition. knn is scipy's directed connectivity: row i has a one for each of the k nearest
        # nodes of i, i itself among them.
        if kernel["kernel"] == "rbf":
            affinity = np.exp(-kernel["gamma"] * distance**2)
            options = {"kernel": "rbf", "gamma": kernel["gamma"]}
        else:
            k = kernel["neighbors"]
            assert (ranked[:, k] - ranked[:, k - 1]).min() > 1e-4, "the k-th neighbour is too near a tie"
            affinity = (distance <= ranked[:, k - 1 : k]).astype(np.float64)
            assert (affinity.sum(axis=1) == k).all()
            options = {"kernel": "knn", "n_neighbors": k}
        # S = D^-1/2 A D^-1/2 without its diagonal; degrees are *column* sums less the diagonal, and a node
        # that nobody points to counts as degree 1.
        np.fill_diagonal(affinity, 0)
        degree = affinity.sum(axis=0)
        if kernel["kernel"] == "knn":
            assert (degree[57:] == 0).all(), "the loners must have no in-edges"
        root = np.sqrt(np.where(degree == 0, 1, degree))
        s = affinity / root[:, None] / root[None, :]

        for alpha in (0.05, 0.2, 0.5, 0.9):
            model = LabelSpreading(alpha=alpha, tol=tol, max_iter=max_iter, **options)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(x, seeds)
            built = model._build_graph()
            built = built.toarray() if hasattr(built, "toarray") else np.asarray(built)
            assert np.allclose(built, s, atol=1e-12, rtol=1e-9), "our reading of the graph is wrong"

            y = np.zeros((n, c))
            y[seeds >= 0, seeds[seeds >= 0]] = 1
            # The iteration count must not hang on rounding: replay the changes and keep off the threshold.
            f, before = y, np.zeros((n, c))
            for _ in range(model.n_iter_ + (model.n_iter_ < max_iter)):
                assert abs(np.abs(f - before).sum() / tol - 1) > 0.01, "a change too near tol"
                f, before = alpha * (built @ f) + (1 - alpha) * y, f
            # Nodes that no seed reaches have an all-zero row: it stays zero, and its label is the first class.
            exact = (1 - alpha) * np.linalg.solve(np.eye(n) - alpha * built, y)
            total = exact.sum(axis=1, keepdims=True)
            exact = exact / np.where(total == 0, 1, total)
            scores = model.label_distributions_
            for table in (scores, exact):
                top = np.sort(table[table.sum(axis=1) > 0], axis=1)
                assert (top[:, -1] - top[:, -2]).min() > 1e-3, "a label too near a tie"
            cases.append(
                {
                    **kernel,
                    "alpha": alpha,
                    "tol": tol,
                    "max_iter": max_iter,
                    "iterations": int(model.n_iter_),
                    "labels": [int(v) for v in model.transduction_],
                    "scores": nine(scores),
                    "fixed_point": nine(exact),
                }
            )
    assert any(min(case["iterations"], max_iter) == max_iter for case in cases)
    write_json(
        "spreading.json",
        {"n": n, "d": d, "c": c, "x": x.ravel().tolist(), "seeds": seeds.tolist(), "cases": cases},
    )


# ---------------------------------------------------------------- 2. dense CRF


def make_crf():
    """pydensecrf's mean field on a small photograph."""
    import pydensecrf.densecrf as dcrf
    from pydensecrf.utils import unary_from_labels
    from scipy.ndimage import gaussian_filter
    from skimage import data

    w, h = 64, 48
    # A 512 x 384 crop of the astronaut (NASA, public domain), each 8 x 8 block averaged.
    photo = Image.fromarray(data.astronaut()[60:444]).resize((w, h), Image.BOX)
    rgb = np.array(photo, dtype=np.uint8)
    write_png("crf.png", rgb)

    parameters = {
        "usual": {"gaussian": {"sxy": 3, "compat": 3}, "bilateral": {"sxy": 80, "srgb": 13, "compat": 10}},
        "wide": {"gaussian": {"sxy": 3, "compat": 3}, "bilateral": {"sxy": 60, "srgb": 10, "compat": 5}},
    }

    def infer(unary, steps, name, nudge=1.0):
        """unary: [K, h*w] energies, float32. Default kernel (diagonal) and normalisation (symmetric)."""
        near, far = parameters[name]["gaussian"], parameters[name]["bilateral"]
        crf = dcrf.DenseCRF2D(w, h, unary.shape[0])
        crf.setUnaryEnergy(np.ascontiguousarray(unary, dtype=np.float32))
        crf.addPairwiseGaussian(sxy=near["sxy"] * nudge, compat=near["compat"])
        crf.addPairwiseBilateral(
            sxy=far["sxy"] * nudge, srgb=far["srgb"] * nudge, rgbim=rgb.copy(order="C"), compat=far["compat"]
        )
        q = np.array(crf.inference(steps), dtype=np.float32)
        assert np.allclose(q.sum(axis=0), 1, atol=1e-4)
        return np.ascontiguousarray(q.T.reshape(h, w, -1))

    def marginals(unary, steps, name):
        """As `infer`, but only where rounding does not matter and every class keeps a fair share."""
        q = infer(unary, steps, name)
        for nudge in (1 - 1e-6, 1 + 1e-6):
            assert np.abs(infer(unary, steps, name, nudge) - q).max() < 1e-3, "marginals hang on rounding"
        share = np.bincount(q.argmax(axis=2).ravel(), minlength=q.shape[2]) / (h * w)
        assert share.min() > 0.05, f"a class all but vanished: {share}"
        return q

    # Which marginals are stored. All of them would burst the folder's size.
    runs = {2: {"usual": [1, 5, 10]}, 3: {"usual": [1, 5, 10], "wide": [5]}, 5: {"usual": [5, 10]}}
    tensors, cases = {}, []
    for k, sets in runs.items():
        # Smooth random fields, leaning on the photograph's colours so that the classes mean something.
        rng = np.random.default_rng(k)
        field = np.stack([gaussian_filter(rng.normal(size=(h, w)), 5, mode="reflect") for _ in range(k)], axis=2)
        field = field / field.std() + (rgb / 255.0 - 0.5) @ rng.normal(0, 1.5, (3, k))
        scores = np.exp(field - field.max(axis=2, keepdims=True))
        scores = (scores / scores.sum(axis=2, keepdims=True)).astype(np.float32)
        assert scores.min() > 0
        tensors[f"scores.{k}"] = scores
        unary = -np.log(scores).reshape(h * w, k).T
        for name, steps in sets.items():
            for step in steps:
                tensors[f"marginals.{k}.{step}.{name}"] = marginals(unary, step, name)
                cases.append(
                    {
                        "classes": k,
                        "steps": step,
                        "parameters": name,
                        "scores": f"scores.{k}",
                        "marginals": f"marginals.{k}.{step}.{name}",
                    }
                )

    # A hard label map with a fifth of the pixels unsure.
    labels = tensors["scores.3"].argmax(axis=2).astype(np.int32) + 1
    hidden = np.random.default_rng(7).permutation(w * h)[: w * h // 5]
    labels.ravel()[hidden] = 0
    unary = unary_from_labels(labels, 3, gt_prob=0.7, zero_unsure=True)
    tensors["hard.labels"] = labels
    tensors["hard.unary"] = np.ascontiguousarray(unary.T.reshape(h, w, 3).astype(np.float32))
    tensors["hard.marginals"] = marginals(unary, 5, "usual")

    write_safetensors("crf.safetensors", tensors, {"image": "crf.png", "made_by": "pydensecrf2 1.1"})
    write_json(
        "crf.json",
        {
            "width": w,
            "height": h,
            "image": "crf.png",
            "photograph": "astronaut of scikit-image (NASA, public domain), rows 60 to 443, 8 x 8 blocks averaged",
            "kernel": "diagonal",
            "normalization": "symmetric",
            "parameters": parameters,
            "cases": cases,
            "hard": {
                "classes": 3,
                "gt_prob": 0.7,
                "steps": 5,
                "parameters": "usual",
                "unsure": int((labels == 0).sum()),
                "labels": "hard.labels",
                "unary": "hard.unary",
                "marginals": "hard.marginals",
            },
        },
    )


# ---------------------------------------------------------------- 3. resize


def make_resize():
    """Pillow's bicubic (a = -0.5, widened when shrinking; horizontal pass first, 8 bits between the passes)."""
    w, h = 23, 17
    rng = np.random.default_rng(3)
    image = np.empty((h, w, 3), dtype=np.uint8)
    image[..., 0] = np.linspace(0, 255, w)[None, :]  # gradient to the right
    image[..., 1] = np.linspace(255, 20, h)[:, None]  # gradient upwards
    image[..., 2] = rng.integers(0, 256, (h, w))  # noise
    image[4:12, 5:15] = rng.integers(0, 256, (8, 10, 3))  # noise in all channels
    image[13:, :7] = (255, 0, 255)  # hard edges: overshoot must be clipped
    image[13:, 7:10] = (0, 255, 0)
    # Shrinking, down to one pixel; enlarging; one axis each way; one axis only.
    sizes = [(11, 8), (5, 3), (1, 1), (34, 26), (40, 9), (9, 30), (12, 17), (23, 25)]
    write_json(
        "resize.json",
        {
            "width": w,
            "height": h,
            "channels": 3,
            "image": image.ravel().tolist(),
            "cases": [
                {
                    "width": tw,
                    "height": th,
                    "image": np.asarray(Image.fromarray(image).resize((tw, th), Image.BICUBIC)).ravel().tolist(),
                }
                for tw, th in sizes
            ],
        },
    )


# ---------------------------------------------------------------- 4. interpolation of the keys


def make_interpolate():
    """x2 by the definition: the output's centre in input coordinates, clamped, then linear."""
    h, w, d = 3, 4, 2
    grid = np.random.default_rng(4).integers(-40, 41, (h, w, d)) / 8

    def place(i, size):
        """The two neighbours of output i and the weight of the second."""
        at = min(max((i + 0.5) / 2 - 0.5, 0), size - 1)
        low = min(int(at), size - 2)
        return low, low + 1, at - low

    out = np.zeros((2 * h, 2 * w, d))
    for i in range(2 * h):
        for j in range(2 * w):
            top, bottom, v = place(i, h)
            left, right, u = place(j, w)
            for k in range(d):
                upper = grid[top, left, k] * (1 - u) + grid[top, right, k] * u
                lower = grid[bottom, left, k] * (1 - u) + grid[bottom, right, k] * u
                out[i, j, k] = upper * (1 - v) + lower * v
    write_json(
        "interpolate.json",
        {
            "h": h,
            "w": w,
            "d": d,
            "factor": 2,
            "grid": grid.ravel().tolist(),
            "out_h": 2 * h,
            "out_w": 2 * w,
            "out": out.ravel().tolist(),
        },
    )


# ---------------------------------------------------------------- 5. keys and float16


def half_bits(value):
    """Float16 bits of a float, by exact arithmetic: round to nearest, ties to even."""
    sign = 0x8000 if math.copysign(1, value) < 0 else 0
    if math.isnan(value):
        return 0x7E00
    magnitude = Fraction(abs(value)) if not math.isinf(value) else Fraction(2**20)
    if magnitude >= 65520:  # halfway between 65504 and 65536, which rounds to even, that is up
        return sign | 0x7C00
    if magnitude < Fraction(1, 2**14):  # subnormal: multiples of 2^-24
        return sign | round(magnitude * 2**24)  # Fraction rounds ties to even; 1024 is the smallest normal
    exponent = 0
    while magnitude >= 2:
        magnitude, exponent = magnitude / 2, exponent + 1
    while magnitude < 1:
        magnitude, exponent = magnitude * 2, exponent - 1
    # A mantissa that rounds up to 2.0 carries into the exponent by itself.
    return sign | (((exponent + 15) << 10) + round((magnitude - 1) * 1024))


def quantised(values):
    """Values [h, w, d] as int8 tensors, each dimension in 255 equal steps, and as those are read."""
    least, most = values.min(axis=(0, 1)).astype(np.float64), values.max(axis=(0, 1)).astype(np.float64)
    scale = ((most - least) / 255).astype(np.float32)
    zero = (least + 128 * scale.astype(np.float64)).astype(np.float32)
    wide, steps = zero.astype(np.float64), scale.astype(np.float64)
    at = np.where(scale > 0, np.rint((values.astype(np.float64) - wide) / np.where(scale > 0, steps, 1)), 0)
    at = at.clip(-128, 127).astype(np.int8)
    return {"keys": at, "scale": scale, "zero": zero}, (wide + steps * at).astype(np.float32)


def write_checked(name, tensors, metadata):
    """A keys file with its checksum: of the whole file, with its own digits as zeros."""
    write_safetensors(name, tensors, {**metadata, "checksum": "00000000"})
    raw = (HERE / name).read_bytes()
    assert raw.count(b'"checksum":"00000000"') == 1
    digits = xxhash.xxh32(raw).hexdigest().encode()
    (HERE / name).write_bytes(raw.replace(b'"checksum":"00000000"', b'"checksum":"' + digits + b'"'))


def make_keys():
    h, w, d = 3, 4, 8
    rng = np.random.default_rng(5)
    source = rng.normal(0, 1.5, (h, w, d)).astype(np.float32)
    # Special values, at the start and the end of the tensor.
    source[0, 0] = [0.0, -0.0, 60000, -60000, 2**-24, -(2**-24), 6.0e-6, -5.0e-5]
    source[0, 1] = [1 + 2**-11, 1 + 3 * 2**-11, -1 - 2**-11, 2049, 2051, -2051, 2**-25, 3 * 2**-25]
    source[2, 3] = [2**-14, 2**-14 - 2**-24, 65504, -65504, 65519, 0.1, -0.3333333, 1e-9]
    keys = source.astype(np.float16)
    assert [half_bits(float(v)) for v in source.ravel()] == keys.view(np.uint16).ravel().tolist()
    origin = {
        "format": "saltworks-keys",
        "version": "1",
        "backbone": "dinov2-small-focus",
        "layer": "11",
        "facet": "key",
        "image_width": "640",
        "image_height": "480",
        "image_sha256": hashlib.sha256(b"a picture that never was").hexdigest(),
    }
    write_safetensors("keys.safetensors", {"keys": keys}, origin)

    e = 2.0**-24  # the smallest subnormal
    cases = [0.0, -0.0, 1, -1, 0.5, 2, 0.1, -0.1, 1 / 3, 3.14159265, 100.5, -1234.567, 12345.678]
    # Ties and their neighbours around 1 (spacing 2^-10) and beyond 2048 (spacing 2).
    cases += [1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-11 + 2**-23, 1 + 2**-11 - 2**-23, 1 - 2**-12, 1 - 2**-12 - 2**-24]
    cases += [-(1 + 2**-11), -(1 + 3 * 2**-11), 2 - 2**-11, 2 - 2**-10, 2047, 2048, 2049, 2050, 2051, 2053, -2049, 4098]
    # The top: largest finite, the last value that rounds to it, the first that overflows.
    cases += [60000, -60000, 65504, -65504, 65505, 65519, 65519.996, 65520, -65520, 65536, 1e6, -1e30]
    cases += [float(np.finfo(np.float32).max), -float(np.finfo(np.float32).max)]
    # Subnormals, their ties, underflow to zero of either sign, the edge to the normal numbers.
    cases += [e, -e, 2 * e, 1.5 * e, 2.5 * e, 0.5 * e, -0.5 * e, 0.5 * e * (1 + 2**-23), 0.75 * e, 0.49 * e, -0.49 * e]
    cases += [1023 * e, 1023.5 * e, 1022.5 * e, 1024 * e, 1025 * e, 1024.5 * e, 1e-5, -3e-5, 1e-40, -1e-45, float("nan")]
    table = []
    for value in np.array(cases, dtype=np.float32):
        with np.errstate(over="ignore"):
            bits = int(value.astype(np.float16).view(np.uint16))
        assert bits == half_bits(float(value)), (value, bits)
        table.append([None if np.isnan(value) else float(value), bits])
    # int8: each dimension in 255 equal steps; one dimension is constant, one value lies on a tie.
    source8 = rng.normal(0, 1.5, (h, w, d)).astype(np.float32) * np.float32([1, 1, 0.01, 100, 1, 1, 1, 1])
    source8[:, :, 4] = np.float32(-7.3)
    source8[:, :, 5] = np.float32([-127.5, 127.5, 0.5, 1.5, -0.5, 2.25, 3, 4, 5, 6, 7, 8]).reshape(h, w)
    int8, decoded8 = quantised(source8)
    # Along the principal directions from the origin, by another library's solver.
    moment = np.einsum("hwi,hwj->ij", source8.astype(np.float64), source8.astype(np.float64))
    directions = np.linalg.eigh(moment)[1][:, ::-1][:, :3]
    pca, decoded_pca = quantised((source8.astype(np.float64) @ directions).astype(np.float32))
    write_checked("keys-float16.safetensors", {"keys": keys}, origin)
    write_checked("keys-int8.safetensors", int8, {**origin, "codec": "int8"})
    write_checked("keys-pca.safetensors", pca, {**origin, "codec": "pca-3", "dimensions": str(d)})
    texts = ["", "a", "abc", "a text of 16 byt", "a text of 20 bytes..", "longer than one block of 16 bytes by 21"]

    write_json(
        "keys.json",
        {
            "shape": [h, w, d],
            "keys": keys.astype(np.float64).ravel().tolist(),
            "source": source.astype(np.float64).ravel().tolist(),
            "float16": table,
            "source8": source8.astype(np.float64).ravel().tolist(),
            "int8": decoded8.astype(np.float64).ravel().tolist(),
            "pca": decoded_pca.astype(np.float64).ravel().tolist(),
            "xxh32": [[text, xxhash.xxh32(text.encode()).hexdigest()] for text in texts],
        },
    )


# ---------------------------------------------------------------- 6. scribbles and seeds

BACKGROUND = 255  # the background's label in the pictures, where 0 is taken by "nothing"


def squared_distance(px, py, points, number):
    """Squared distance of a pixel's centre to a polyline. `number` is Fraction (exact) or float."""
    px, py = number(px), number(py)
    points = [(number(x), number(y)) for x, y in points]
    best = None
    for (ax, ay), (bx, by) in zip(points, points[1:] or points):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        t = ((px - ax) * dx + (py - ay) * dy) / length if length else number(0)
        t = min(max(t, number(0)), number(1))
        qx, qy = ax + t * dx - px, ay + t * dy - py
        distance = qx * qx + qy * qy
        best = distance if best is None else min(best, distance)
    return best


def make_scribbles():
    w, h = 40, 30
    strokes = [
        (0, [[2, 2], [20, 2]], 1),  # background along the top
        (1, [[8, 6], [17, 15]], 2),  # these two cross ...
        (2, [[8, 17], [21.5, 6.25], [30, 9]], 1.5),  # ... and this one, later, lies on top
        (7, [[0, 22.5], [0, 29]], 2),  # along the border, half of it outside
        (7, [[25, 20], [36, 26]], 0),  # as thin as a stroke can be
        # Tie in node (3, 1), 4 pixels each: the later stroke's label wins, which is the smaller one.
        (2, [[9, 23], [12, 23]], 0),
        (1, [[9, 26], [12, 26]], 0),
        # Tie in node (2, 4): 7 wins, since what counts is the last stroke *in the cell*.
        (1, [[33, 17], [36, 17]], 0),
        (7, [[33, 20], [36, 20]], 0),
        # Tie in node (3, 2): segment 1's last stroke there was painted over, so 2 wins.
        (1, [[17, 23], [20, 23]], 0),
        (2, [[17, 25], [20, 25]], 0),
        (1, [[22, 28]], 0),
        (0, [[22, 28]], 0),
        (1, [[35, 10]], 2.5),  # a click
        (0, [[37.5, 27.5]], 0),  # a click on a corner of four pixels
    ]
    document = {
        "version": 1,
        "image": {"width": w, "height": h},
        "segments": [
            {"id": 1, "category": "cat", "isthing": True},
            {"id": 2, "category": "dog", "isthing": True},
            {"id": 7, "category": "grass", "isthing": False},
        ],
        "strokes": [{"segment": s, "points": p, "radius": r} for s, p, r in strokes],
    }
    write_json("scribbles.json", document)

    # Brute force: every pixel against every stroke, in exact arithmetic.
    label = np.zeros((h, w), dtype=np.uint8)
    owner = np.full((h, w), -1)
    for index, (segment, points, radius) in enumerate(strokes):
        reach = max(Fraction(radius) ** 2, Fraction(1, 2))
        for y in range(h):
            for x in range(w):
                distance = squared_distance(x, y, points, Fraction)
                # On the rim plain floats must agree; anywhere else they must be safe.
                if distance == reach:
                    assert squared_distance(x, y, points, float) == float(reach)
                else:
                    assert abs(distance - reach) > 1e-6
                if distance <= reach:
                    label[y, x] = BACKGROUND if segment == 0 else segment
                    owner[y, x] = index
    write_png("scribbles.png", label)

    # The node grid: pixel (x, y) lies in column floor((x + 0.5) * cols / w), row floor((y + 0.5) * rows / h).
    rows, cols = 4, 5
    nodes, ties = [], []
    for row in range(rows):
        for col in range(cols):
            count, last = {}, {}
            for y in range(h):
                for x in range(w):
                    inside = (2 * y + 1) * rows // (2 * h) == row and (2 * x + 1) * cols // (2 * w) == col
                    if inside and label[y, x]:
                        k = int(label[y, x])
                        count[k] = count.get(k, 0) + 1
                        last[k] = max(last.get(k, -1), int(owner[y, x]))
            most = max(count.values(), default=0)
            tied = [k for k in count if count[k] == most]
            nodes.append(max(tied, key=lambda k: last[k]) if tied else None)
            if len(tied) > 1:
                ties.append({"row": row, "col": col, "labels": sorted(tied), "pixels": most, "winner": nodes[-1]})
    assert [(t["row"], t["col"], t["labels"], t["winner"]) for t in ties] == [
        (2, 4, [1, 7], 7),
        (3, 1, [1, 2], 1),
        (3, 2, [1, 2], 2),
    ]
    assert None in nodes and BACKGROUND in nodes
    write_json("seeds.json", {"h": rows, "w": cols, "background": BACKGROUND, "labels": nodes, "ties": ties})


# ---------------------------------------------------------------- 7. mask


def make_mask():
    a, b, c, d = 1, 300, 70000, 16777215
    ids = np.array(
        [
            [0, a, a, 0, 0, b, b],
            [a, a, a, 0, 0, b, 0],
            [0, a, c, c, c, 0, 0],
            [b, 0, c, 0, c, 0, d],  # a second piece of 300: one box around both
            [b, 0, c, c, c, 0, 0],
        ]
    )
    write_png("mask.png", np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=2).astype(np.uint8))
    segments = []
    for k in sorted(set(ids.ravel().tolist()) - {0}):
        ys, xs = np.nonzero(ids == k)
        box = [int(xs.min()), int(ys.min()), int(xs.max() - xs.min() + 1), int(ys.max() - ys.min() + 1)]
        segments.append({"id": k, "area": len(xs), "bbox": box, "iscrowd": 0})
    write_json("mask.json", {"width": 7, "height": 5, "ids": ids.ravel().tolist(), "segments_info": segments})


# ---------------------------------------------------------------- 8. metrics


def make_metrics():
    """IoU and Dice of two small id maps, counted pixel by pixel."""
    w, h = 12, 10

    def paint(rectangles):
        ids = [[0] * w for _ in range(h)]
        for k, top, bottom, left, right in rectangles:  # inclusive
            for y in range(top, bottom + 1):
                for x in range(left, right + 1):
                    ids[y][x] = k
        return [v for row in ids for v in row]

    truth = paint(
        [(1, 0, 3, 0, 3), (2, 0, 3, 4, 6), (5, 0, 3, 8, 11), (3, 4, 6, 0, 4), (6, 4, 5, 6, 9), (4, 7, 9, 0, 11)]
    )
    crowds = {5}
    prediction = paint(
        [
            (1, 0, 3, 0, 3),
            (1, 4, 4, 2, 3),  # two pixels too many
            (2, 0, 3, 5, 7),  # 8 right, 4 in void: IoU 8/12 = 0.67; with void in the union it would be 8/16
            (8, 0, 2, 8, 10),
            (9, 3, 3, 8, 11),
            (3, 4, 6, 0, 1),  # IoU 6/15
            (7, 5, 6, 10, 11),  # all in void
            (11, 6, 6, 5, 9),  # all in void, one line below it
            (6, 4, 5, 6, 9),
            (4, 7, 9, 0, 10),
            (11, 7, 7, 5, 8),
            (10, 7, 9, 11, 11),
        ]
    )

    def overlap(p, t):
        return sum(1 for a, b in zip(prediction, truth) if a == p and b == t)

    def area(ids, k):
        return sum(1 for v in ids if v == k)

    # Equal ids. `iou`, `dice`: void pixels of the truth are ignored; `*_with_void`: they count as "not this one".
    # The means are over the truth's segments that are no crowd; one that is not predicted counts as 0.
    segments = []
    for k in sorted(set(truth) - {0}):
        both, t, p = overlap(k, k), area(truth, k), area(prediction, k)
        seen = p - overlap(k, 0)
        segments.append(
            {
                "id": k,
                "iscrowd": int(k in crowds),
                "iou": both / (t + seen - both),
                "dice": 2 * both / (t + seen),
                "iou_with_void": both / (t + p - both),
                "dice_with_void": 2 * both / (t + p),
            }
        )
    counted = [s for s in segments if not s["iscrowd"]]

    def mean(values):
        values = list(values)
        return sum(values) / len(values) if values else 0.0

    write_json(
        "metrics.json",
        {
            "width": w,
            "height": h,
            "prediction": prediction,
            "truth": truth,
            "segments": segments,
            "mean_iou": mean(s["iou"] for s in counted),
            "mean_dice": mean(s["dice"] for s in counted),
            "mean_iou_with_void": mean(s["iou_with_void"] for s in counted),
            "mean_dice_with_void": mean(s["dice_with_void"] for s in counted),
        },
    )


# ---------------------------------------------------------------- panoptic quality, Boundary IoU, parts, outlines


def runs(ids):
    """Row-major values as pairs of value and count."""
    flat = np.asarray(ids).ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=flat[0] - 1))
    counts = np.diff(np.append(starts, len(flat)))
    return [[int(flat[s]), int(n)] for s, n in zip(starts, counts)]


def patchwork(rng, w, h, ids, points):
    """Cells around random points; several may share an id, so segments have several parts, some at the border."""
    xs, ys = rng.uniform(0, w, points), rng.uniform(0, h, points)
    own = rng.permutation(np.resize(ids, points))
    gy, gx = np.mgrid[0:h, 0:w]
    distance = (gx[None] - xs[:, None, None]) ** 2 + (gy[None] - ys[:, None, None]) ** 2
    return own[np.argmin(distance, axis=0)]


def band(mask, share=0.02):
    """The inner band of a segment: Cheng et al. 2021, section 4 and appendix, by OpenCV's erosion."""
    import cv2

    h, w = mask.shape
    iterations = max(1, int(round(share * np.sqrt(h**2 + w**2))))
    framed = np.zeros((h + 2, w + 2), np.uint8)  # what lies beyond the image belongs to no segment
    framed[1:-1, 1:-1] = mask
    return mask & (cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=iterations)[1:-1, 1:-1] == 0)


def outline(mask, seen):
    """Sides between a pixel of the segment and one of another, both seen."""
    total = 0
    for a, b, u, v in (
        (mask[:, 1:], mask[:, :-1], seen[:, 1:], seen[:, :-1]),
        (mask[1:], mask[:-1], seen[1:], seen[:-1]),
    ):
        total += int(((a != b) & u & v).sum())
    return total


def close_gaps(truth, seen):
    """Unseen pixels take the segment of a neighbour, ring by ring, as far as a band is wide."""
    h, w = truth.shape
    ids, known = np.pad(truth, 1), np.pad(seen, 1)
    for _ in range(max(1, int(round(0.02 * np.sqrt(h**2 + w**2))))):
        before, had = ids.copy(), known.copy()
        for axis, step in ((1, 1), (1, -1), (0, 1), (0, -1)):  # left, right, above, below
            take = ~known & np.roll(had, step, axis)
            take[[0, -1]] = take[:, [0, -1]] = False
            ids[take], known[take] = np.roll(before, step, axis)[take], True
    return ids[1:-1, 1:-1], known[1:-1, 1:-1]


def panoptic_counts(truth, prediction, categories, crowds):
    """COCO's panopticapi on two PNG files."""
    import tempfile

    from panopticapi.evaluation import pq_compute_single_core

    with tempfile.TemporaryDirectory() as folder:
        sides = []
        for name, ids in (("truth", truth), ("prediction", prediction)):
            png = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=2).astype(np.uint8)
            Image.fromarray(png).save(Path(folder) / f"{name}.png")
            segments = [
                {
                    "id": int(k),
                    "category_id": categories[int(k)],
                    "area": int((ids == k).sum()),
                    "iscrowd": int(name == "truth" and int(k) in crowds),
                }
                for k in np.unique(ids)
                if k != 0
            ]
            sides.append({"image_id": 1, "file_name": f"{name}.png", "segments_info": segments})
        known = {c: {"id": c, "isthing": 1} for c in set(categories.values())}
        stat = pq_compute_single_core(0, [tuple(sides)], folder, folder, known)
        # panopticapi makes a category of each that it looks up.
        counts = [
            {"category": c, "matched": s.tp, "iou": float(s.iou), "false_positives": s.fp, "false_negatives": s.fn}
            for c, s in sorted(stat.pq_per_cat.items())
            if s.tp + s.fp + s.fn > 0
        ]
        mean, by_category = stat.pq_average(known, isthing=None)
        for count in counts:
            count |= {k: float(v) for k, v in by_category[count["category"]].items()}
        return counts, {k: float(mean[k]) for k in ("pq", "sq", "rq")}


def make_segment_metrics():
    from scipy import ndimage

    rng = np.random.default_rng(2019)
    cases = []
    # Diagonals of 125 and 250: 2 % are 2.5, which rounds to 2, and 5. In the smallest the band is 1 pixel all the same.
    for w, h, kinds, points in ((100, 75, 14, 40), (200, 150, 20, 60), (64, 48, 24, 60), (7, 5, 3, 5), (1, 1, 1, 1)):
        ids = np.concatenate([np.arange(1, kinds), [70000]])
        truth = patchwork(rng, w, h, ids, points)
        prediction = truth.copy()
        if w > 1:
            # Outlines waver, some segments swap ids or vanish, single pixels go astray, one rectangle is of a new segment.
            gy, gx = np.mgrid[0:h, 0:w]
            dy, dx = (ndimage.gaussian_filter(rng.normal(size=(h, w)), 3) * 25 for _ in range(2))
            sy, sx = np.clip(gy + dy, 0, h - 1).astype(int), np.clip(gx + dx, 0, w - 1).astype(int)
            prediction = truth[sy, sx]
            first, second, third, gone = rng.permutation(ids)[[0, 1, 2 % len(ids), -1]]
            swapped = prediction.copy()
            swapped[prediction == first], swapped[prediction == second] = second, first
            swapped[prediction == gone] = third
            prediction = swapped
            astray = rng.random((h, w)) < 0.01
            prediction[astray] = rng.choice(ids, astray.sum())
            prediction[h // 3 : h // 2, w // 3 : w // 2] = 500
            truth[rng.integers(0, h, max(1, h // 8)), rng.integers(0, w, max(1, h // 8))] = rng.choice(ids)  # tiny
            for _ in range(3):
                y, x = int(rng.integers(0, h)), int(rng.integers(0, w))
                truth[y : y + h // 6 + 1, x : x + w // 6 + 1] = 0  # void
            prediction[: h // 10, :] = 0  # not predicted
        categories = {int(k): 1 + i % 5 for i, k in enumerate([*ids.tolist(), 500])}
        crowds = {int(ids[0])} if kinds > 3 else set()
        counts, mean = panoptic_counts(truth, prediction, categories, crowds)
        seen = truth != 0
        whole, known = close_gaps(truth, seen)
        segments = []
        for k in np.unique(truth[seen]):
            p, t = prediction == k, truth == k
            both, either = int((p & t).sum()), int(((p | t) & seen).sum())
            bp, bt = band(p), band(t)
            labels, count = ndimage.label(p)
            length = outline(whole == k, known)
            segments.append(
                {
                    "id": int(k),
                    "area": int(t.sum()),
                    "iou": both / either,
                    "dice": 2 * both / (both + either),
                    "boundary_iou": int((bp & bt & seen).sum()) / int(((bp | bt) & seen).sum()),
                    "parts": len(set(labels[p & seen].tolist())),
                    "contour": outline(p, known) / length if length else None,
                }
            )
        cases.append(
            {
                "width": w,
                "height": h,
                "truth": runs(truth),
                "prediction": runs(prediction),
                "categories": sorted(categories.items()),
                "crowds": sorted(crowds),
                "segments": segments,
                "panoptic": counts,
                "mean": mean,
            }
        )
    write_json("segment-metrics.json", {"cases": cases})


# ---------------------------------------------------------------- scribbles, version 2


def winds_around(x, y, corners):
    """Whether a closed outline winds around a point, or holds it: whole and half numbers, exact."""
    winding = 0
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1]):
        side = (bx - ax) * (y - ay) - (x - ax) * (by - ay)
        if side == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return True
        if ay <= y < by and side > 0:
            winding += 1
        if by <= y < ay and side < 0:
            winding -= 1
    return winding != 0


def run_lengths(pixels):
    """Outside and inside in turn, row by row; what is outside at the end is left out."""
    runs, inside, length = [], False, 0
    for pixel in pixels.ravel():
        if bool(pixel) != inside:
            runs.append(length)
            inside, length = not inside, 0
        length += 1
    return runs + [length] if inside else runs


def make_exact():
    w, h = 40, 30
    exact, alone = {"exact": True}, {"exact": True, "spread": False}
    region = np.zeros((h, w), dtype=bool)
    region[12:16, 2:9] = True
    region[14, 4:6] = False
    beginning = np.zeros((h, w), dtype=bool)
    beginning[20:, :] = True
    lock = np.zeros((h, w), dtype=bool)
    lock[9:13, 6:20] = True
    strokes = [
        {"segment": 7, "region": run_lengths(beginning), "exact": True, "origin": "imported"},
        {"segment": 0, "points": [[2, 2], [20, 2]], "radius": 1},
        {"segment": 1, "points": [[8, 6], [17, 15]], "radius": 2, **exact},
        # An ordinary stroke makes exact pixels ordinary again; one that labels just itself hides none from the solve.
        {"segment": 2, "points": [[8, 14], [21.5, 6.25]], "radius": 1.5},
        {"segment": 1, "points": [[14, 2], [26, 2]], "radius": 1, **alone},
        # A bow tie that crosses itself, with corners on pixels' centres, and a square in halves.
        {"segment": 2, "points": [[24, 6], [34, 16], [34, 6], [24, 16]], "polygon": True, **exact},
        {"segment": 1, "points": [[27.5, 8.5], [30.5, 8.5], [30.5, 11.5], [27.5, 11.5]], "polygon": True, **alone},
        {"segment": 0, "region": run_lengths(region), **exact},
        {"segment": 2, "points": [[5, 25]], "radius": 2, **exact},
    ]
    document = {
        "version": 2,
        "image": {"width": w, "height": h},
        "segments": [
            {"id": 1, "category": "cat", "isthing": True, "attributes": {"name": "Tom", "asleep": True, "age": 3}},
            {"id": 2, "category": "dog", "isthing": True},
            {"id": 7, "category": "grass", "isthing": False, "origin": "imported"},
        ],
        "strokes": strokes,
        # They overlap: the first lies uppermost.
        "locks": [{"segment": 1, "region": run_lengths(lock)}, {"segment": 2, "region": [400, 100]}],
        "attributes": {"weather": "rain"},
    }
    write_json("scribbles-2.json", document)

    # Brute force. Strokes that spread own pixels among themselves; exact pixels are those of the last stroke of all.
    spreading, label = np.zeros((h, w), dtype=np.uint8), np.zeros((h, w), dtype=np.uint8)
    for stroke in strokes:
        own = BACKGROUND if stroke["segment"] == 0 else stroke["segment"]
        covered = covered_by(stroke, w, h)
        assert covered.any()
        label[covered] = own if stroke.get("exact") else 0
        if stroke.get("spread", True):
            spreading[covered] = own
    for held in reversed(document["locks"]):
        label[pixels_of(held["region"], w, h)] = held["segment"]
    write_png("scribbles-2.png", spreading)
    write_png("scribbles-2-exact.png", label)


def pixels_of(region, w, h):
    out, at, inside = np.zeros(w * h, dtype=bool), 0, False
    for length in region:
        out[at : at + length] = inside
        at, inside = at + length, not inside
    return out.reshape(h, w)


def covered_by(stroke, w, h):
    if "region" in stroke:
        return pixels_of(stroke["region"], w, h)
    points = stroke["points"]
    if stroke.get("polygon"):
        return np.array([[winds_around(x, y, points) for x in range(w)] for y in range(h)])
    reach = max(Fraction(stroke["radius"]) ** 2, Fraction(1, 2))
    distances = [[squared_distance(x, y, points, Fraction) for x in range(w)] for y in range(h)]
    assert all(d == reach or abs(d - reach) > 1e-6 for row in distances for d in row)
    return np.array([[d <= reach for d in row] for row in distances])


# ---------------------------------------------------------------- polygons


def make_polygons():
    """Pixels that pycocotools has in polygons, out of bounds and self-crossing ones among them."""
    from pycocotools import mask as coco

    rng = np.random.default_rng(14)
    cases = []
    for i in range(40):
        width, height = int(rng.integers(1, 40)), int(rng.integers(1, 40))
        corners = int(rng.integers(3, 12))
        xy = rng.uniform(-5, 45, 2 * corners)
        # Whole, halves, and any numbers.
        xy = np.round(xy * [1, 2, 1000][i % 3]) / [1, 2, 1000][i % 3]
        polygon = [float(v) for v in xy]
        [rle] = coco.frPyObjects([polygon], height, width)
        cases.append({"width": width, "height": height, "polygon": polygon, "counts": rle["counts"].decode()})
    write_json("polygons.json", {"polygons": cases})


if __name__ == "__main__":
    make_spreading()
    make_crf()
    make_resize()
    make_interpolate()
    make_keys()
    make_scribbles()
    make_exact()
    make_mask()
    make_metrics()
    make_segment_metrics()
    make_polygons()
    for path in sorted(HERE.iterdir()):
        if path.is_file():
            print(f"{path.stat().st_size:8d}  {path.name}")
