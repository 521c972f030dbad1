"""Makes dinov2-small-focus.json: keys, queries and values of the real weights, computed by onnx and onnxruntime.

    pip install onnx onnxruntime numpy
    python make.py .saltworks/models/dinov2-small-focus.onnx && npx biome format --write packages/backbone/test/golden

Independent of the tap: the script names the tensors as outputs, declares height and width free, and removes nothing. Both
sides make the image from integers: value i of [1,3,H,W] is (hash(i) >> 8) / 2^22 - 2, where hash(i) = i * 2654435761 mod
2^32. The file keeps 64 values of each tensor [tokens, dim], at flat positions drawn by a seed.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

SHA256 = "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355"
SIZES = [(224, 224), (140, 322)]
LAYERS = [0, 11]
FACETS = ["key", "query", "value"]


def picture(height, width):
    i = np.arange(3 * height * width, dtype=np.uint64)
    hashed = (i * 2654435761) % 2**32 >> 8
    return (hashed.astype(np.float64) / 2**22 - 2).astype(np.float32).reshape(1, 3, height, width)


def main(path):
    data = pathlib.Path(path).read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA256, "not the file of the registry"
    model = onnx.load_from_string(data)
    for axis, name in ((2, "height"), (3, "width")):
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
    names = {}
    for layer in LAYERS:
        for facet in FACETS:
            name = f"/backbone/encoder/layer.{layer}/attention/attention/{facet}/Add_output_0"
            names[f"{facet}.{layer}"] = name
            model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(20240611)
    cases = []
    for height, width in SIZES:
        values = session.run(list(names.values()), {model.graph.input[0].name: picture(height, width)})
        for tensor, value in zip(names, values):
            positions = np.sort(rng.choice(value[0].size, 64, replace=False))
            cases.append({
                "tensor": tensor,
                "height": height,
                "width": width,
                "shape": list(value[0].shape),
                "std": float(value.std()),
                "positions": positions.tolist(),
                "values": [float(v) for v in value[0].reshape(-1)[positions]],
            })
    made_by = f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}"
    out = pathlib.Path(__file__).with_name("dinov2-small-focus.json")
    out.write_text(json.dumps({"model": SHA256, "made_by": made_by, "cases": cases}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
