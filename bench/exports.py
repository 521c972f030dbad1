"""The weights of one ONNX file, exported as people find them: half precision, 8 and 4 bits, optimised, of one size.

    python bench/exports.py .saltworks/models/dinov2-small-focus.onnx OUT

Needs numpy, onnx, onnx_ir and onnxruntime. `bench/exports.mjs` measures what the tap makes of the files; none is committed.
"""

import pathlib
import sys

import onnx
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers.float16 import convert_float_to_float16

# What the last training size of DINOv2 makes static.
SIDE = 518


def half(source, out):
    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), out)


def eight_bits(source, out):
    quantize_dynamic(source, out, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"])


def four_bits(source, out):
    quantizer = MatMulNBitsQuantizer(onnx.load(source), block_size=32, is_symmetric=False)
    quantizer.process()
    quantizer.model.save_model_to_file(str(out))


def optimised(source, out, level=onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.optimized_model_filepath = str(out)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def one_size(source, out):
    """Declares one picture of 518 × 518 and folds all that follows: sizes, and the interpolated position embedding."""
    model = onnx.load(source)
    for dim, value in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, SIDE, SIDE)):
        dim.dim_value = value
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    declared = out.with_suffix(".declared.onnx")
    onnx.save(model, declared)
    optimised(declared, out, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC)
    declared.unlink()


KINDS = {"float16": half, "int8": eight_bits, "q4": four_bits, "ort-extended": optimised, "static518": one_size}

if __name__ == "__main__":
    source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for kind, make in KINDS.items():
        target = out / f"{source.stem}-{kind}.onnx"
        make(str(source), target)
        print(f"{target}  {target.stat().st_size} bytes", flush=True)
