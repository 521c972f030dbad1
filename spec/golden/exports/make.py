"""Makes the exports of this folder: tiny random Vision Transformers as ONNX files, and what their projections gave in PyTorch.

    pip install -r spec/golden/exports/requirements.txt && python spec/golden/exports/make.py [NAME ...]

References come from forward hooks on the projections of the PyTorch model, never from the ONNX graph. Each file is run
as it is: its output must equal PyTorch's. Pictures are made from integers on both sides: value i of [1,3,H,W] is
(hash(i) >> 8) / 2^22 - 2, where hash(i) = i * 2654435761 mod 2^32. README.md says what each file is for.
"""

import contextlib
import json
import logging
import os
import pathlib
import sys
import tempfile
import warnings
import zlib

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import numpy as np
import onnx
import onnxruntime
import timm
import torch
import torch.nn.functional as F
import transformers
from onnx import helper, numpy_helper
from safetensors.numpy import save_file
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
DIM, HEADS, LAYERS, PATCH = 32, 2, 2, 4
NATIVE, OTHER = (16, 16), (12, 20)

torch.set_num_threads(1)


# ---------------------------------------------------------------- models


def enliven(model):
    """Random weights of which none is inert: gains of norms and LayerScale, biases, tokens, positions."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            leaf = name.split(".")[-1].lower()
            if leaf in ("logit_scale", "logit_bias"):
                continue
            if any(part in name.lower() for part in ("pos_emb", "position_emb", "relative_position", "rel_pos")):
                p.normal_(0, 0.5)
            elif any(part in leaf for part in ("token", "probe", "latent", "cls", "register")) or "class_emb" in name:
                p.normal_(0, 0.5)
            elif "bias" in leaf:
                p.normal_(0, 0.3)
            elif p.dim() > 1:
                p.normal_(0, p[0].numel() ** -0.5)
            else:
                p.uniform_(0.5, 1.5)
    return model.eval()


class Plain(nn.Module):
    """One tensor in, one out, whatever the library's model takes and returns."""

    def __init__(self, model, pick="last_hidden_state", **fixed):
        super().__init__()
        self.model, self.pick, self.fixed = model, pick, fixed

    def forward(self, pixel_values):
        out = self.model(pixel_values, **self.fixed)
        return out if torch.is_tensor(out) else getattr(out, self.pick)


def of_timm(name, *, size=NATIVE, fused=True, twin=True, **options):
    """A timm model, and the same weights in a twin that takes any size."""
    options = dict(img_size=size, embed_dim=DIM, depth=LAYERS, num_heads=HEADS, patch_size=PATCH, num_classes=3) | options
    model = enliven(timm.create_model(name, pretrained=False, **options))
    any_size = model
    if twin:
        any_size = timm.create_model(name, pretrained=False, **options, dynamic_img_size=True).eval()
        any_size.load_state_dict(model.state_dict())
    for module in [*model.modules(), *any_size.modules()]:
        if hasattr(module, "fused_attn"):
            module.fused_attn = fused
    return model, any_size


def sizes(**more):
    """The arguments that transformers' configurations share."""
    return dict(
        hidden_size=DIM,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=DIM // 2,
        image_size=NATIVE[0],
        patch_size=PATCH,
    ) | more


def of_transformers(kind, config, attention, pick="last_hidden_state", interpolate=True):
    config._attn_implementation = attention
    model = enliven(getattr(transformers, kind)(config))
    fixed = {"interpolate_pos_encoding": True} if interpolate else {}
    return Plain(model, pick), Plain(model, pick, **fixed)


class Einsum(nn.Module):
    """A ViT as JAX code writes it: heads are axes of the projections, products are einsums, norms are spelt out."""

    def __init__(self):
        super().__init__()
        d = DIM // HEADS
        self.patches = nn.Conv2d(3, DIM, PATCH, PATCH)
        self.pos_embed = nn.Parameter(torch.zeros(1, (NATIVE[0] // PATCH) * (NATIVE[1] // PATCH), DIM))
        shapes = {"gain": (DIM,), "mlp_gain": (DIM,), "up": (DIM, DIM), "down": (DIM, DIM), "out": (HEADS, d, DIM)}
        shapes |= {f"{x}_kernel": (DIM, HEADS, d) for x in "qkv"} | {f"{x}_bias": (HEADS, d) for x in "qkv"}
        self.layers = nn.ModuleList(
            nn.ParameterDict({name: nn.Parameter(torch.zeros(shape)) for name, shape in shapes.items()})
            for _ in range(LAYERS)
        )
        self.seen = {}

    def positions(self, h, w):
        grid = NATIVE[0] // PATCH, NATIVE[1] // PATCH
        if (h, w) == grid:
            return self.pos_embed
        table = self.pos_embed.reshape(1, *grid, DIM).permute(0, 3, 1, 2)
        return F.interpolate(table, size=(h, w), mode="bilinear").flatten(2).transpose(1, 2)

    def forward(self, pixel_values):
        x = self.patches(pixel_values)
        h, w = x.shape[2:]
        x = x.flatten(2).transpose(1, 2) + self.positions(int(h), int(w))
        norm = lambda x, gain: x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * gain
        for i, p in enumerate(self.layers):
            y = norm(x, p["gain"])
            q, k, v = (torch.einsum("bnc,chd->bnhd", y, p[f"{f}_kernel"]) + p[f"{f}_bias"] for f in "qkv")
            self.seen |= {f"{f}.{i}": t.detach()[0].flatten(1) for f, t in zip("qkv", (q, k, v))}
            scores = torch.einsum("bnhd,bmhd->bhnm", q * (DIM // HEADS) ** -0.5, k)
            x = x + torch.einsum("bhnm,bmhd,hdc->bnc", scores.softmax(-1), v, p["out"])
            x = x + F.gelu(norm(x, p["mlp_gain"]) @ p["up"]) @ p["down"]
        return x


def einsum():
    model = enliven(Einsum())
    with torch.no_grad():
        for layer in model.layers:
            for name in "qkv":
                layer[f"{name}_kernel"].normal_(0, DIM**-0.5)
            layer["out"].normal_(0, DIM**-0.5)
    return model, model


# ---------------------------------------------------------------- references


def projections(model, pixels):
    """The outputs of the query, key and value projections of every layer, `[tokens, dim]`, heads merged, bias included."""
    seen, hooks = {}, []
    names = {"q_proj": "q", "query": "q", "k_proj": "k", "key": "k", "v_proj": "v", "value": "v", "q": "q", "k": "k", "v": "v"}

    def keep(layer, facet, rows):
        seen.setdefault(layer, {})[facet] = rows.detach()[0].reshape(-1, rows.shape[-1]).contiguous()

    for name, module in model.named_modules():
        layer, _, leaf = name.rpartition(".")
        if any(part in name for part in ("attn_pool", "head", "text")):
            continue
        if isinstance(getattr(module, "qkv", None), nn.Linear) and getattr(module, "q_bias", None) is not None:
            # timm's EVA and BEiT add the biases of q and v themselves, beside the module `qkv`.
            def before(own, args, layer=name):
                bias = torch.cat((own.q_bias, own.k_bias, own.v_bias))
                for facet, rows in zip("qkv", F.linear(args[0], own.qkv.weight, bias).chunk(3, -1)):
                    keep(layer, facet, rows)

            hooks.append(module.register_forward_pre_hook(before))
        elif isinstance(module, nn.Linear) and leaf == "qkv":
            parent = model.get_submodule(layer)
            if getattr(parent, "q_bias", None) is not None:
                continue

            def fused(_, args, rows, layer=layer):
                for facet, part in zip("qkv", rows.chunk(3, -1)):
                    keep(layer, facet, part)

            hooks.append(module.register_forward_hook(fused))
        elif isinstance(module, nn.Linear) and leaf in names:
            hooks.append(
                module.register_forward_hook(lambda _, args, rows, l=layer, f=names[leaf]: keep(l, f, rows))
            )
    with torch.no_grad():
        out = model(pixels)
    for hook in hooks:
        hook.remove()
    if hasattr(model, "seen"):
        return out, {name: rows.numpy() for name, rows in model.seen.items()}
    found = {f"{f}.{i}": rows.numpy() for i, layer in enumerate(seen.values()) for f, rows in layer.items()}
    assert len(found) == 3 * LAYERS, (len(found), list(seen))
    return out, found


def half_the_stride(model, height, width):
    """Makes patches overlap by half. transformers' rotations are told of an image whose patches would be as many."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d) and module.stride == (PATCH, PATCH):
            module.stride = (PATCH // 2, PATCH // 2)
        if name.endswith("patch_embed"):
            module.img_size = None  # timm would refuse sizes that are no multiples of the patch
        if name.endswith("rope_embeddings"):
            module.register_forward_pre_hook(lambda _, args: (torch.zeros(1, 3, 2 * height, 2 * width),))
    return model


def picture(height, width):
    i = np.arange(3 * height * width, dtype=np.uint64)
    hashed = (i * 2654435761) % 2**32 >> 8
    return (hashed.astype(np.float64) / 2**22 - 2).astype(np.float32).reshape(1, 3, height, width)


# ---------------------------------------------------------------- exports


def export(model, path, how, opset, size):
    example = torch.from_numpy(picture(*size))
    names = dict(input_names=["pixel_values"], output_names=["out"], opset_version=opset)
    with torch.no_grad(), open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
        if how.startswith("ts"):
            axes = {"ts": {}, "ts batch": {0: "batch"}, "ts size": {0: "batch", 2: "height", 3: "width"}}[how]
            dynamic = {"dynamic_axes": {"pixel_values": axes, "out": {0: "batch"}}} if axes else {}
            torch.onnx.export(model, example, path, dynamo=False, **names, **dynamic)
        else:
            dims = {"dynamo": None, "dynamo functions": None, "dynamo batch": {0: torch.export.Dim("batch")}}
            dims["dynamo size"] = {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
            shapes = {"dynamic_shapes": (dims[how],)} if dims[how] else {}
            if how == "dynamo batch":
                example = example.repeat(2, 1, 1, 1)
            optimize = how != "dynamo functions"
            torch.onnx.export(
                model, (example,), path, dynamo=True, external_data=False, verbose=False, optimize=optimize, **names, **shapes
            )
    strip(path)


def strip(path):
    """Drops what the exporter tells about this machine: stack traces and names of files."""
    model = onnx.load(path)
    graphs = [model.graph, *model.functions]
    for message in [model, *graphs, *(node for graph in graphs for node in graph.node)]:
        del message.metadata_props[:]
        message.doc_string = ""
    for info in [*model.graph.initializer, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        del info.metadata_props[:]
        info.doc_string = ""
    onnx.save(model, path)


# ---------------------------------------------------------------- transformations: from a file to another


def half(path):
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), path)


def four_bits(path, block=16):
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantizer = MatMulNBitsQuantizer(onnx.load(path), block_size=block, is_symmetric=False)
    quantizer.process()
    quantizer.model.save_model_to_file(path)


def bnb4(path):
    from onnxruntime.quantization.matmul_bnb4_quantizer import MatMulBnb4Quantizer

    quantizer = MatMulBnb4Quantizer(onnx.load(path), quant_type=1, block_size=32)
    quantizer.process()
    quantizer.model.save_model_to_file(path)


def four_bits_of_half(path):
    half(path)
    four_bits(path)


def qdq(path):
    """Static int8 with QuantizeLinear and DequantizeLinear around every operator, weights per channel."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Pictures(CalibrationDataReader):
        def __init__(self):
            self.left = [{"pixel_values": picture(*NATIVE) * scale} for scale in (1, 0.7, -1, 1.6, -1.6)]

        def get_next(self):
            return self.left.pop() if self.left else None

    quantize_static(
        path,
        path,
        Pictures(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gemm", "Conv"],
    )


def fused_multi_head(path):
    """ONNX Runtime's optimiser, then its Attention as it writes it where the projections stay outside."""
    from onnxruntime.transformers import optimizer

    optimizer.optimize_model(path, model_type="clip", num_heads=HEADS, hidden_size=DIM, opt_level=0).save_model_to_file(path)
    model = onnx.load(path)
    tensors = {t.name: t for t in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type != "Attention":
            nodes.append(node)
            continue
        tokens, weight, bias = node.input[:3]
        names = [f"{node.output[0]}.{facet}" for facet in "qkv"]
        for name, part in zip(names, np.split(numpy_helper.to_array(tensors[weight]), 3, axis=1)):
            model.graph.initializer.append(numpy_helper.from_array(part.copy(), f"{name}.weight"))
            nodes.append(helper.make_node("MatMul", [tokens, f"{name}.weight"], [name]))
        nodes.append(helper.make_node("MultiHeadAttention", [*names, bias], node.output, domain="com.microsoft", num_heads=HEADS))
        model.graph.initializer.remove(tensors[weight])
    assert len(nodes) == len(model.graph.node) + 3 * LAYERS
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


def external(path):
    model = onnx.load(path)
    name = f"{pathlib.Path(path).name}.data"
    pathlib.Path(path).with_name(name).unlink(missing_ok=True)
    onnx.save(model, path, save_as_external_data=True, location=name, size_threshold=1024)


def folded(path):
    """Declares one size, and lets ONNX Runtime fold what follows from it; it also moves transpositions."""
    model = onnx.load(path)
    for dim, value in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, *NATIVE)):
        dim.dim_value = value
    onnx.save(model, path)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = f"{path}.folded"
    options.log_severity_level = 3
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    os.replace(f"{path}.folded", path)
    model = onnx.load(path)
    transpose, concat, add = [next(n for n in model.graph.node if n.op_type == op) for op in ("Transpose", "Concat", "Add")]
    assert transpose.output[0] == concat.input[1] and concat.output[0] == add.input[0]
    # In larger models it moves this Transpose below the two: tokens are the last axis until then.
    for tensor in model.graph.initializer:
        if tensor.name in (concat.input[0], add.input[1]):
            turned = numpy_helper.from_array(numpy_helper.to_array(tensor).transpose(0, 2, 1).copy(), tensor.name)
            tensor.CopyFrom(turned)
    tokens, concat.input[1], concat.attribute[0].i = add.output[0], transpose.input[0], 2
    add.output[0] = transpose.input[0] + "_turned"
    transpose.input[0], transpose.output[0] = add.output[0], tokens
    nodes = [n for n in model.graph.node if n is not transpose]
    nodes.insert(nodes.index(add) + 1, transpose)
    kept = [onnx.NodeProto.FromString(n.SerializeToString()) for n in nodes]
    del model.graph.node[:], model.graph.value_info[:]
    model.graph.node.extend(kept)
    onnx.save(model, path)


def outlined(path):
    """Puts every Softmax and every Erf-GELU's Mul into functions of the model's own, as exporters of modules do."""
    model = onnx.load(path)
    opset = [o for o in model.opset_import if o.domain == ""]
    for op in ("Softmax", "LayerNormalization"):
        nodes = [node for node in model.graph.node if node.op_type == op]
        if not nodes:
            continue
        first = nodes[0]
        inner = onnx.NodeProto()
        inner.CopyFrom(first)
        ins, outs = [f"in{i}" for i in range(len(first.input))], ["out"]
        del inner.input[:], inner.output[:]
        inner.input.extend(ins)
        inner.output.extend(outs)
        model.functions.append(helper.make_function("modules", f"Own{op}", ins, outs, [inner], opset))
        for node in nodes:
            node.op_type, node.domain = f"Own{op}", "modules"
            del node.attribute[:]
    model.opset_import.append(helper.make_opsetid("modules", 1))
    onnx.save(model, path)


def quantised_weights(path):
    """The weights `[N, K]` that the file's MatMulNBits nodes stand for, in the order of the nodes."""
    graph = onnx.load(path).graph
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    for node in graph.node:
        if node.op_type != "MatMulNBits":
            continue
        a = {x.name: x.i for x in node.attribute}
        n, k, block = a["N"], a["K"], a["block_size"]
        nibbles = lambda bytes_: np.stack((bytes_ & 15, bytes_ >> 4), -1).reshape(*bytes_.shape[:-1], -1)
        blocks = k // block
        values = nibbles(tensors[node.input[1]].reshape(n, blocks, block // 2)).astype(np.float32)
        scales = tensors[node.input[2]].reshape(n, blocks, 1).astype(np.float32)
        zeros = 8.0
        if len(node.input) > 3 and node.input[3]:
            zeros = nibbles(tensors[node.input[3]].reshape(n, -1))[:, :blocks, None].astype(np.float32)
        yield ((values - zeros) * scales).reshape(n, k)


def round_weights(models, path):
    """Gives the PyTorch models the weights that the file was rounded to."""
    rounded = list(quantised_weights(path))
    for model in models:
        linear = [m for name, m in model.named_modules() if isinstance(m, nn.Linear) and "pooler" not in name]
        assert len(linear) == len(rounded), (len(linear), len(rounded))
        for module, weight in zip(linear, rounded):
            assert module.weight.shape == weight.shape
            assert np.abs(module.weight.detach().numpy() - weight).max() < 0.5, "weights out of order"
            module.weight.data = torch.from_numpy(weight)


# ---------------------------------------------------------------- the list

BICUBIC, ANTIALIAS, BILINEAR = "bicubic", "bicubic-antialias", "bilinear"

ViT = lambda attention, **more: of_transformers("ViTModel", transformers.ViTConfig(**sizes(**more)), attention)


def dinov2_registers(attention):
    config = transformers.Dinov2WithRegistersConfig(**sizes(mlp_ratio=1, num_register_tokens=3))
    return of_transformers("Dinov2WithRegistersModel", config, attention, interpolate=False)


def dinov3(attention):
    config = transformers.DINOv3ViTConfig(**sizes(num_register_tokens=2))
    return of_transformers("DINOv3ViTModel", config, attention, interpolate=False)


EXPORTS = {
    "siglip2_hf_sdpa_ts": dict(
        build=lambda: of_transformers("SiglipVisionModel", transformers.SiglipVisionConfig(**sizes()), "sdpa", "pooler_output"),
        how="ts", prefix=0, interpolation=BICUBIC,
        notes="no CLS; after the layers a probe attends to all tokens (attention pooling), which is no layer",
    ),
    "siglip2_timm_dynamo_batch": dict(
        build=lambda: of_timm("vit_base_patch16_siglip_224", mlp_ratio=0.5),
        how="dynamo batch", opset=18, prefix=0, interpolation=ANTIALIAS,
        notes="the same by timm: fused qkv, attention pooling with a latent query; the batch is free, the size is not",
    ),
    "eva02_timm_ts": dict(
        build=lambda: of_timm("eva02_base_patch14_224", fused=False, mlp_ratio=0.5, scale_attn_inner=True, ref_feat_shape=(4, 4)),
        how="ts", interpolation=ANTIALIAS, optional=True,
        notes="RoPE with baked tables beside a learned position embedding; SwiGLU; a norm inside attention; the key has no bias",
    ),
    "eva02_timm_fused_dynamo_size": dict(
        build=lambda: (lambda m: (m, m))(of_timm("eva02_tiny_patch14_224", mlp_ratio=0.5, ref_feat_shape=(4, 4))[1]),
        how="dynamo size", opset=18, interpolation=ANTIALIAS,
        stride=True, notes="height and width free: positions and the tables of RoPE are computed in the graph; one qkv, whose bias is put together",
    ),
    "pe_timm_dynamo": dict(
        build=lambda: of_timm("vit_pe_core_tiny_patch16_384", mlp_ratio=0.5, ref_feat_shape=(4, 4)),
        how="dynamo", opset=18, interpolation=ANTIALIAS, optional=True,
        notes="Perception Encoder: RoPE, a norm before the layers, attention pooling",
    ),
    "dinov3_hf_sdpa_dynamo_size": dict(
        build=lambda: dinov3("sdpa"), how="dynamo size", opset=18, prefix=3, interpolation=BICUBIC,
        stride=True, notes="height and width free: the tables of RoPE are computed in the graph",
    ),
    "dinov3_timm_dynamo": dict(
        build=lambda: (lambda m: (m, m))(of_timm("vit_small_patch16_dinov3", twin=False, mlp_ratio=0.5, dynamic_img_size=True)[0]),
        how="dynamo", opset=18, prefix=5, interpolation=BICUBIC, optional=True,
        notes="RoPE with baked tables; fused qkv",
    ),
    "deit3_timm_ts": dict(
        build=lambda: of_timm("deit3_small_patch16_224", mlp_ratio=0.5), how="ts", interpolation=ANTIALIAS,
        stride=True, notes="DeiT III: positions are added before CLS comes in; LayerScale",
    ),
    "deit_distilled_timm_eager_ts": dict(
        build=lambda: of_timm("deit_small_distilled_patch16_224", size=(16, 20), fused=False, mlp_ratio=0.5),
        how="ts", opset=14, prefix=2, interpolation=ANTIALIAS, native=(16, 20), other=(12, 24),
        notes="two tokens before the patches, two heads after the layers; the native grid is not square",
    ),
    "beit_timm_ts": dict(
        build=lambda: of_timm("beit_base_patch16_224", twin=False, mlp_ratio=0.5), how="ts", interpolation=BICUBIC, other=None,
        notes="relative position bias, which is of one size: runs at its native size only",
    ),
    "beit_hf_eager_dynamo": dict(
        build=lambda: of_transformers(
            "BeitModel", transformers.BeitConfig(**sizes(use_relative_position_bias=True)), "eager", interpolate=False
        ),
        how="dynamo", opset=18, interpolation=BICUBIC, other=None, notes="the same by transformers",
    ),
    "vit_hf_external_ts": dict(
        build=lambda: ViT("eager"), how="ts size", xform=external, interpolation=BICUBIC,
        notes="weights in another file (external data); all axes are named, positions are fixed all the same",
    ),
    "vit_timm_functions_dynamo": dict(
        build=lambda: of_timm("vit_small_patch16_224", mlp_ratio=0.5), how="dynamo", opset=18, xform=outlined, interpolation=ANTIALIAS,
        notes="functions of the model's own, as exporters of modules make them",
    ),
    "vit_timm_qknorm_ts": dict(
        build=lambda: of_timm("vit_small_patch16_224", mlp_ratio=0.5, qk_norm=True), how="ts", interpolation=ANTIALIAS,
        notes="queries and keys are normalised head by head after the projection: what is wanted lies before that",
    ),
    "vit_timm_batch_ts": dict(
        build=lambda: of_timm("vit_small_patch16_224", mlp_ratio=0.5, depth=LAYERS), how="ts batch", interpolation=ANTIALIAS,
        stride=True, notes="the batch is free, the size is not",
    ),
    "vit_timm_opset23_dynamo": dict(
        build=lambda: of_timm("vit_small_patch16_224", mlp_ratio=0.5), how="dynamo", opset=23, interpolation=ANTIALIAS,
        notes="fused qkv before the standard operator Attention",
    ),
    "dinov2_hf_folded_ts": dict(
        build=lambda: of_transformers("Dinov2Model", transformers.Dinov2Config(**sizes(mlp_ratio=1)), "sdpa", interpolate=False),
        how="ts size", opset=14, xform=folded, interpolation=BICUBIC,
        notes="one size, folded by ONNX Runtime: CLS and positions come in while tokens are the last axis",
    ),
    "dinov2reg_hf_q4_dynamo_size": dict(
        build=lambda: dinov2_registers("sdpa"), how="dynamo size", opset=18, xform=four_bits, rounded=True, prefix=4, interpolation=ANTIALIAS, tolerance=1e-3,
        notes="MatMulNBits: weights of 4 bits; the references have the weights that the file was rounded to",
    ),
    "vit_hf_q4f16_ts": dict(
        build=lambda: ViT("eager"), how="ts", xform=four_bits_of_half, rounded=True, interpolation=BICUBIC, tolerance=2e-2,
        notes="MatMulNBits in float16",
    ),
    "vit_timm_bnb4_ts": dict(
        build=lambda: of_timm("vit_small_patch16_224", mlp_ratio=0.5), how="ts", xform=bnb4, interpolation=ANTIALIAS, tolerance=0.6,
        notes="MatMulBnb4: weights of 4 bits, not evenly spaced",
    ),
    "vit_timm_qdq_ts": dict(
        build=lambda: of_timm("vit_small_patch16_224", mlp_ratio=0.5), how="ts", xform=qdq, interpolation=ANTIALIAS, tolerance=0.4,
        notes="static int8: QuantizeLinear and DequantizeLinear around Conv and MatMul",
    ),
    "clip_hf_mha_ts": dict(
        build=lambda: of_transformers("CLIPVisionModel", transformers.CLIPVisionConfig(**sizes()), "eager"), how="ts", xform=fused_multi_head, interpolation=BICUBIC,
        notes="ONNX Runtime's optimiser: MultiHeadAttention, which holds the biases, and SkipLayerNormalization",
    ),
    "aimv2_hf_sdpa_ts": dict(
        build=lambda: of_transformers("Aimv2VisionModel", transformers.Aimv2VisionConfig(**sizes(use_head=False)), "sdpa", interpolate=False),
        how="ts", prefix=0, interpolation=BICUBIC, other=None, optional=True,
        notes="AIMv2: RMSNorm, SwiGLU, no CLS",
    ),
    "einsum_ts": dict(
        build=einsum, how="ts", prefix=0, interpolation=BILINEAR,
        notes="as converters from JAX write it: heads are axes of the weights, every product is an Einsum",
    ),
}

# What is no plain Vision Transformer, and what makes it so.
OTHERS = {
    "swin_timm_ts": dict(
        build=lambda: timm.create_model("swin_tiny_patch4_window7_224", img_size=32, embed_dim=8, depths=(2, 2), num_heads=(1, 2), window_size=2, mlp_ratio=0.5, num_classes=3),
        why="attention within windows, tokens merged between layers",
    ),
    "convnext_timm_ts": dict(
        build=lambda: timm.create_model("convnext_tiny", depths=(1, 1, 1, 1), dims=(8, 8, 16, 16), num_classes=3), why="no attention",
    ),
    "hiera_timm_ts": dict(
        build=lambda: timm.create_model("hiera_tiny_224", img_size=(64, 64), embed_dim=8, num_heads=1, stages=(1, 1, 1, 1), mlp_ratio=0.5, num_classes=3),
        size=(64, 64), why="attention within windows, queries pooled between layers",
    ),
    "sam_hf_ts": dict(
        build=lambda: Plain(transformers.SamVisionModel(transformers.SamVisionConfig(
            hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=4, window_size=3,
            global_attn_indexes=[1], output_channels=8, mlp_dim=16)), "last_hidden_state"),
        size=(32, 32), why="the first layer attends within windows",
    ),
    "xcit_timm_ts": dict(
        build=lambda: timm.create_model("xcit_nano_12_p16_224", img_size=64, embed_dim=16, depth=2, num_heads=2, cls_attn_layers=1, num_classes=3),
        size=(64, 64), why="attention between channels, not tokens",
    ),
    "pvt_timm_ts": dict(
        build=lambda: timm.create_model("pvt_v2_b0", depths=(1, 1, 1, 1), embed_dims=(4, 8, 8, 16), num_heads=(1, 2, 2, 4), mlp_ratios=(1, 1, 1, 1), num_classes=3),
        size=(64, 64), why="keys pooled to fewer tokens than queries",
    ),
    "bert_hf_ts": dict(build=None, why="a text model: no picture"),
}


def make(name, *, build, how, interpolation, opset=17, prefix=1, xform=None, rounded=False, tolerance=1e-4, native=NATIVE, other=OTHER, optional=False, stride=False, notes):
    torch.manual_seed(zlib.crc32(name.encode()))
    model, any_size = build()
    path = str(HERE / f"{name}.onnx")
    export(model, path, how, opset, native)
    if xform:
        xform(path)
    if rounded:
        round_weights({model, any_size} if model is not any_size else {model}, path)
    out, rows = projections(model, torch.from_numpy(picture(*native)))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    ran = session.run(None, {session.get_inputs()[0].name: picture(*native)})[0]
    deviation = float(np.abs(ran - out.numpy()).max())
    assert deviation <= 10 * tolerance, f"{name}: the file's output is {deviation} from PyTorch's"
    tensors = dict(rows)
    if other:
        tensors |= {f"other.{key}": value for key, value in projections(any_size, torch.from_numpy(picture(*other)))[1].items()}
    if stride:
        half = half_the_stride(any_size, *other)
        rows = projections(half, torch.from_numpy(picture(*(side + PATCH // 2 for side in other))))[1]
        tensors |= {f"stride.{key}": value for key, value in rows.items() if key[0] == "k"}
    save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, HERE / f"{name}.safetensors")
    tokens, rows = tensors["k.0"].shape[0], tensors
    assert tokens == prefix + (native[0] // PATCH) * (native[1] // PATCH), (name, tokens)
    size = sum(f.stat().st_size for f in HERE.glob(f"{name}.*"))
    print(f"{name:32} {size / 1024:5.0f} KB  output {deviation:.1e}  keys' deviation {rows['k.1'].std():.2f}", flush=True)
    facts = dict(layers=LAYERS, heads=HEADS, dim=rows["k.0"].shape[1], patch=PATCH, prefixTokens=prefix)
    return dict(facts=facts, native=native, other=other, optional=optional, interpolation=interpolation, tolerance=tolerance, stride=stride, notes=notes)


def make_other(name, *, build, why, size=(32, 32)):
    torch.manual_seed(zlib.crc32(name.encode()))
    path = str(HERE / f"{name}.onnx")
    if build:
        export(enliven(build()), path, "ts", 17, size)
    else:
        config = transformers.BertConfig(vocab_size=32, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=8, attn_implementation="eager")
        model = Plain(enliven(transformers.BertModel(config)))
        with torch.no_grad():
            torch.onnx.export(model, torch.ones(1, 6, dtype=torch.long), path, dynamo=False, input_names=["ids"], opset_version=17)
    print(f"{name:32} {pathlib.Path(path).stat().st_size / 1024:5.0f} KB  to be refused", flush=True)
    return dict(refused=why)


def main(names):
    listed = HERE / "exports.json"
    entries = json.loads(listed.read_text()) if listed.exists() else {}
    failed = []
    for making, table in ((make, EXPORTS), (make_other, OTHERS)):
        for name, options in table.items():
            if names and name not in names:
                continue
            try:
                entries[name] = making(name, **options)
            except Exception as error:
                if os.environ.get("TRACE"):
                    raise
                failed.append(name)
                print(f"{name:32} FAILED {type(error).__name__}: {str(error)[:300]}", flush=True)
    order = [*EXPORTS, *OTHERS]
    lines = [f" {json.dumps(name)}: {json.dumps(entries[name])}" for name in order if name in entries]
    listed.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
