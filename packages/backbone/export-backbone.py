#!/usr/bin/env python3
"""Exports a backbone that is published as PyTorch weights to an ONNX file that Saltworks reads.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 timm==1.0.31 transformers==5.23.0 onnx==1.23.2
    venv/bin/python export-backbone.py NAME --out NAME.onnx
    saltworks backbone pull NAME --from NAME.onnx

NAME is one of those that `saltworks backbone list` calls "to export"; what it is made from, the registry says. Any other
weights of the same libraries are exported by naming them, and then added under a name of your own:

    venv/bin/python export-backbone.py --library timm --weights vit_base_patch16_224.dino --out mine.onnx
    saltworks backbone add mine mine.onnx --interpolation bicubic-antialias

The file takes `pixels`, [batch, 3, H, W] float32, already normalised, at the size that the weights were trained at; Saltworks
frees the size, and taps the layers inside, so only the tokens come out. `--random` takes random weights in two layers, to try
the export without a download.
"""
import argparse
import hashlib
import json
import math
import os
import subprocess
import sys

# In a clone the command lies at its root; elsewhere it is installed.
CLONE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "saltworks")
COMMAND = CLONE if os.path.isfile(CLONE) else "saltworks"
# Positions that rotate queries and keys need no training size: these are exported at the size that images are seen at.
ROTARY_SIZE = 512


def entry_of(name):
    """The registry's source of a known backbone: library and weights."""
    shown = subprocess.run([COMMAND, "backbone", "show", name, "--json"], capture_output=True, text=True)
    if shown.returncode != 0:
        sys.exit(shown.stderr.strip())
    source = json.loads(shown.stdout)["source"]
    if source["kind"] != "export":
        sys.exit(f"{name} is published as ONNX; expected: saltworks backbone pull {name}")
    return source["library"], source["weights"]


def from_timm(weights, random):
    """A timm model without its head; returns it and the size that it takes."""
    import timm

    options = {"depth": 2} if random else {}
    if "dinov3" in weights:
        options["img_size"] = ROTARY_SIZE
    model = timm.create_model(weights, pretrained=not random, num_classes=0, **options)
    size = model.patch_embed.img_size
    return Tokens(model.eval(), lambda module, pixels: module.forward_features(pixels)), tuple(size)


def from_transformers(weights, random):
    """The image encoder of a transformers model, and the size that it takes."""
    import transformers

    tower = {"clip": "CLIPVisionModel", "siglip": "SiglipVisionModel"}
    kind = next((value for key, value in tower.items() if key in weights.lower()), "AutoModel")
    if random:
        model = random_transformers(transformers, weights, kind)
    else:
        model = getattr(transformers, kind).from_pretrained(weights)
    size = model.config.image_size
    size = (size, size) if isinstance(size, int) else tuple(size)
    return Tokens(model.eval(), lambda module, pixels: module(pixel_values=pixels).last_hidden_state), size


def random_transformers(transformers, weights, kind):
    """The same architecture with two layers and random weights."""
    if kind != "AutoModel":
        config = getattr(transformers, kind.replace("Model", "Config"))(num_hidden_layers=2)
        return getattr(transformers, kind)(config)
    if "msn" in weights:
        return transformers.ViTMSNModel(transformers.ViTMSNConfig(num_hidden_layers=2))
    if "dinov2-with-registers" in weights:
        return transformers.Dinov2WithRegistersModel(transformers.Dinov2WithRegistersConfig(num_hidden_layers=2))
    if "dinov2" in weights:
        return transformers.Dinov2Model(transformers.Dinov2Config(num_hidden_layers=2))
    return transformers.ViTModel(transformers.ViTConfig(num_hidden_layers=2), add_pooling_layer=False)


def from_checkpoint(url, random):
    """A ViT in a checkpoint of Segmenter or MoCo-v3, which name their layers as timm does; and the size that it takes."""
    import torch
    from timm.models.vision_transformer import VisionTransformer

    if random:
        model = VisionTransformer(img_size=224, patch_size=16, depth=2, num_classes=0)
        return Tokens(model.eval(), lambda module, pixels: module.forward_features(pixels)), (224, 224)
    saved = torch.hub.load_state_dict_from_url(url, map_location="cpu", weights_only=True)
    state = saved.get("state_dict") or saved["model"]
    prefix = "module.base_encoder." if any(key.startswith("module.base_encoder.") for key in state) else "encoder."
    state = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    state = {key: value for key, value in state.items() if not key.startswith("head")}
    dim = state["cls_token"].shape[-1]
    depth = 1 + max(int(key.split(".")[1]) for key in state if key.startswith("blocks."))
    patch = state["patch_embed.proj.weight"].shape[-1]
    side = math.isqrt(state["pos_embed"].shape[1] - 1) * patch
    model = VisionTransformer(
        img_size=side, patch_size=patch, embed_dim=dim, depth=depth, num_heads=dim // 64, num_classes=0
    )
    model.load_state_dict(state)
    return Tokens(model.eval(), lambda module, pixels: module.forward_features(pixels)), (side, side)


def Tokens(model, run):
    """A module with one input and one output."""
    import torch

    class Wrapped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, pixels):
            return run(self.model, pixels)

    return Wrapped()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", nargs="?", help="a known backbone that is to be exported")
    parser.add_argument("--library", choices=["timm", "transformers", "checkpoint"])
    parser.add_argument("--weights", help="the library's name of the weights, or the address of a checkpoint")
    parser.add_argument("--out", required=True, help="the ONNX file")
    parser.add_argument("--random", action="store_true", help="random weights in two layers: to try the export")
    given = parser.parse_args()
    if (given.name is None) == (given.library is None or given.weights is None):
        parser.error("expected NAME, or --library and --weights")
    library, weights = (given.library, given.weights) if given.name is None else entry_of(given.name)

    import torch

    torch.manual_seed(0)
    if library == "timm":
        model, size = from_timm(weights, given.random)
    elif library == "transformers":
        model, size = from_transformers(weights, given.random)
    else:
        model, size = from_checkpoint(weights, given.random)
    partial = given.out + ".partial"
    with torch.no_grad():
        torch.onnx.export(
            model,
            (torch.zeros(1, 3, *size),),
            partial,
            input_names=["pixels"],
            output_names=["tokens"],
            dynamic_axes={"pixels": {0: "batch"}, "tokens": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
    os.replace(partial, given.out)
    with open(given.out, "rb") as file:
        digest = hashlib.file_digest(file, "sha256") if sys.version_info >= (3, 11) else hashlib.sha256(file.read())
    print(f"{given.out}: {weights} at {size[0]} x {size[1]}, sha256 {digest.hexdigest()}")


if __name__ == "__main__":
    main()
