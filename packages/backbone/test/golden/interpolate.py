"""Makes interpolate.json: grids resized by PyTorch's interpolate, in the four ways of families of Vision Transformers.

    pip install torch numpy
    python interpolate.py && npx biome format --write packages/backbone/test/golden

Both sides make the grid from integers: value i of [h, w, d] is (hash(i) >> 8) / 2^22 - 2, where hash(i) = i * 2654435761 mod
2^32.
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

DIM = 3
GRIDS = [(7, 7), (6, 8), (14, 14), (1, 3)]
SIZES = [(3, 8), (7, 5), (13, 6), (7, 8), (20, 29), (1, 1)]


def grid(h, w):
    i = np.arange(h * w * DIM, dtype=np.uint64)
    hashed = (i * 2654435761) % 2**32 >> 8
    values = (hashed.astype(np.float64) / 2**22 - 2).astype(np.float32)
    return torch.from_numpy(values.reshape(1, h, w, DIM)).permute(0, 3, 1, 2)


def resized(x, h, w, mode):
    if mode == "bicubic-scale":
        h0, w0 = x.shape[2:]
        return F.interpolate(x, scale_factor=((h + 0.1) / h0, (w + 0.1) / w0), mode="bicubic")
    antialias = mode == "bicubic-antialias"
    return F.interpolate(x, size=(h, w), mode="bilinear" if mode == "bilinear" else "bicubic", antialias=antialias)


def main():
    cases = []
    for mode in ["bicubic", "bicubic-scale", "bicubic-antialias", "bilinear"]:
        for h0, w0 in GRIDS:
            for h, w in SIZES:
                # In double precision: the rounding of float32 sums is no part of the definition.
                out = resized(grid(h0, w0).double(), h, w, mode)
                assert out.shape[2:] == (h, w), (out.shape, h, w)
                rows = out[0].permute(1, 2, 0).reshape(-1)
                picked = rows[:: max(1, len(rows) // 24)][:24]
                cases.append({"mode": mode, "from": [h0, w0], "to": [h, w], "values": [float(v) for v in picked]})
    out = pathlib.Path(__file__).with_name("interpolate.json")
    out.write_text(json.dumps({"made_by": f"torch {torch.__version__}", "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
