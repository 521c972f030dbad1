"""Reads an export of saltworks with the usual tools of its format, and compares it with the true masks.

usage: readers.py FOLDER …   FOLDER/truth.json says what was exported into FOLDER/<format>/
Prints one JSON object a folder, a line each: what was compared, by format. Any difference ends it with an assertion.
"""
import contextlib
import csv
import functools
import importlib
import importlib.util
import io
import json
import os
import sys
import types
import urllib.parse
import xml.etree.ElementTree

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from panopticapi.evaluation import pq_compute
from panopticapi.utils import IdGenerator, rgb2id


def load_truth(folder):
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as file:
        truth = json.load(file)
    for image in truth["images"]:
        image["ids"] = np.array(image["ids"], dtype=np.uint32).reshape(image["height"], image["width"])
    return truth


def png(*path):
    with Image.open(os.path.join(*path)) as image:
        return image.mode, np.array(image), image.getpalette()


def check_names(found, expected):
    names = [category["name"] for category in found]
    assert len(names) == len(set(names)), names
    assert {(category["id"], category["name"]) for category in found} == {
        (category["id"], category["name"]) for category in expected
    }


def coco_panoptic(folder, truth):
    document = os.path.join(folder, "panoptic.json")
    with open(document, encoding="utf-8") as file:
        panoptic = json.load(file)
    assert panoptic["info"]["description"] == truth["name"]
    annotations = {annotation["image_id"]: annotation for annotation in panoptic["annotations"]}
    assert [image["id"] for image in panoptic["images"]] == [image["id"] for image in truth["images"]]
    for image in truth["images"]:
        annotation = annotations[image["id"]]
        mode, colours, _ = png(folder, "panoptic", annotation["file_name"])
        assert mode == "RGB"
        assert np.array_equal(rgb2id(colours), image["ids"])
        assert annotation["segments_info"] == image["segments"]

    check_names(panoptic["categories"], truth["categories"])
    categories = {category["id"]: category for category in panoptic["categories"]}
    IdGenerator(categories).get_id(truth["categories"][0]["id"])
    # The export against itself, through the official evaluation and all its checks of PNG against JSON. It divides by zero
    # where there is nothing of a kind.
    drawn = {categories[segment["category_id"]]["isthing"] for image in truth["images"] for segment in image["segments"]}
    if len(drawn) < 2:
        return {"images": len(annotations)}
    with contextlib.redirect_stdout(io.StringIO()):
        result = pq_compute(document, document)
    for group in ("All", "Things", "Stuff"):
        assert result[group]["pq"] == 1.0, result[group]
    return {"images": len(annotations), "pq": result["All"]["pq"], "categories": result["All"]["n"]}


def coco_instances(folder, truth):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(os.path.join(folder, "instances.json"))
    things = {category["id"] for category in truth["categories"] if category["isthing"]}
    assert set(coco.getCatIds()) == things
    check_names(coco.cats.values(), [category for category in truth["categories"] if category["isthing"]])
    for category in truth["categories"]:
        found = coco.getCatIds(catNms=[category["name"]])
        assert found == ([category["id"]] if category["isthing"] else [])
    assert coco.getImgIds() == [image["id"] for image in truth["images"]]
    count = 0
    for image in truth["images"]:
        expected = [segment for segment in image["segments"] if segment["category_id"] in things]
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
        assert len(annotations) == len(expected)
        for annotation, segment in zip(annotations, expected):
            pixels = (image["ids"] == segment["id"]).astype(np.uint8)
            assert np.array_equal(coco.annToMask(annotation), pixels)
            run_lengths = coco.annToRLE(annotation)
            # Character by character as pycocotools writes it.
            assert coco_mask.encode(np.asfortranarray(pixels))["counts"].decode() == run_lengths["counts"]
            assert annotation["area"] == coco_mask.area(run_lengths) == segment["area"]
            assert annotation["bbox"] == coco_mask.toBbox(run_lengths).tolist() == segment["bbox"]
            assert annotation["category_id"] == segment["category_id"] and annotation["iscrowd"] == 0
            count += 1
    assert count == len(coco.anns)
    return {"annotations": count}


def voc(folder, truth):
    with open(os.path.join(folder, "labelmap.txt"), encoding="utf-8") as file:
        fields = [line.rstrip("\n").split(":") for line in file if not line.startswith("#")]
    names = [name for name, _, _, _ in fields]
    colours = [[int(level) for level in colour.split(",")] for _, colour, _, _ in fields]
    ordered = sorted(truth["categories"], key=lambda category: category["id"])
    assert names == ["background"] + [category["voc"] for category in ordered]
    index = {category["id"]: i + 1 for i, category in enumerate(ordered)}
    with open(os.path.join(folder, "ImageSets", "Segmentation", "all.txt"), encoding="utf-8") as file:
        assert file.read().splitlines() == [image["stem"] for image in truth["images"]]
    for image in truth["images"]:
        classes = np.zeros_like(image["ids"])
        objects = np.zeros_like(image["ids"])
        for number, segment in enumerate(image["segments"]):
            pixels = image["ids"] == segment["id"]
            classes[pixels] = index[segment["category_id"]]
            objects[pixels] = number + 1
        for kind, expected in (("SegmentationClass", classes), ("SegmentationObject", objects)):
            mode, found, palette = png(folder, kind, image["stem"] + ".png")
            assert mode == "P"
            assert np.array_equal(found, expected)
            assert np.array_equal(np.array(palette).reshape(-1, 3)[: len(colours)], colours)
            assert palette[-3:] == [224, 224, 192]
    return {"images": len(truth["images"]), "labels": len(names)}


def enclosed(polygon, width, height):
    """Pixels whose centres a polygon encloses, by the even-odd rule: for each, the sides to its left are counted."""
    x = np.arange(width) + 0.5
    out = np.zeros((height, width), dtype=bool)
    for k in range(len(polygon)):
        (x0, y0), (x1, y1) = sorted((polygon[k - 1], polygon[k]), key=lambda corner: corner[1])
        for row in range(max(int(np.ceil(y0 - 0.5)), 0), min(int(np.ceil(y1 - 0.5)), height)):
            out[row] ^= x > x0 + (row + 0.5 - y0) * (x1 - x0) / (y1 - y0)
    return out


def without_holes(pixels):
    """Removes the ground that reaches the border over sides and corners; a segment and its holes remain."""
    height, width = pixels.shape
    ground = np.pad(~pixels, 1, constant_values=True)
    out = np.zeros_like(ground)
    out[0] = out[-1] = out[:, 0] = out[:, -1] = True
    while True:
        grown = np.zeros_like(out)
        padded = np.pad(out, 1)
        for dy in range(3):
            for dx in range(3):
                grown |= padded[dy : dy + height + 2, dx : dx + width + 2]
        grown &= ground
        if np.array_equal(grown, out):
            return ~out[1:-1, 1:-1]
        out = grown


def label_path(folder, pictures, stem):
    """The file where Ultralytics looks for the labels of an image: its img2label_paths."""
    picture = os.path.normpath(os.path.join(os.sep, pictures, stem))
    return folder + "/labels/".join(picture.rsplit("/images/", 1)) + ".txt"


def yolo_seg(folder, truth):
    with open(os.path.join(folder, "data.yaml"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    names = [json.loads(line.split(": ", 1)[1]) for line in lines[lines.index("names:") + 1 :]]
    (pictures,) = (line.split(": ", 1)[1] for line in lines if line.startswith("train: "))
    ordered = sorted(truth["categories"], key=lambda category: category["id"])
    assert names == [category["name"] for category in ordered]
    count = holes = 0
    for image in truth["images"]:
        width, height = image["width"], image["height"]
        with open(label_path(folder, pictures, image["stem"]), encoding="utf-8") as file:
            rows = [line.split() for line in file]
        assert len(rows) == len(image["segments"])
        for row, segment in zip(rows, image["segments"]):
            assert ordered[int(row[0])]["id"] == segment["category_id"]
            # As Ultralytics reads them: single precision, between 0 and 1, at least three corners.
            shares = np.array(row[1:], dtype=np.float32).reshape(-1, 2)
            assert len(shares) >= 3 and shares.min() >= 0 and shares.max() <= 1
            polygon = np.round(shares.astype(np.float64) * [width, height], 2)
            pixels = image["ids"] == segment["id"]
            expected = without_holes(pixels)
            assert np.array_equal(enclosed(polygon.tolist(), width, height), expected)
            box = polygon.min(axis=0).tolist() + (polygon.max(axis=0) - polygon.min(axis=0)).tolist()
            assert box == segment["bbox"]
            holes += int((expected & ~pixels).sum())
            count += 1
    return {"polygons": count, "pixels_in_holes": holes}


def bare(name, folder):
    """A package without its __init__, which would need a window's toolkit."""
    module = types.ModuleType(name)
    module.__path__ = [folder]
    sys.modules[name] = module
    return module


@functools.cache
def labelme_package():
    folder = os.path.dirname(importlib.util.find_spec("labelme").origin)
    package = bare("labelme", folder)
    package.__version__ = "0"
    package.utils = bare("labelme.utils", os.path.join(folder, "utils"))
    # Named by its reader of pictures, which is not called.
    sys.modules["PyQt5"] = types.ModuleType("PyQt5")
    sys.modules["PyQt5"].QtGui = None
    package.utils.img_b64_to_arr = importlib.import_module("labelme.utils.image").img_b64_to_arr
    return importlib.import_module("labelme._label_file"), importlib.import_module("labelme.utils.shape")


def names_of(truth, key="name"):
    return {category["id"]: category[key] for category in truth["categories"]}


def labelme(folder, truth):
    label_file, shape_module = labelme_package()
    names = names_of(truth)
    kinds = {category["id"]: category["isthing"] for category in truth["categories"]}
    numbers = {name: id for id, name in names.items()}
    count = 0
    for image in truth["images"]:
        path = os.path.join(folder, image["stem"] + ".json")
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        shapes = [label_file._load_shape_json_obj(shape) for shape in document["shapes"]]
        assert [(shape["label"], shape["group_id"], shape["flags"].get("stuff", False)) for shape in shapes] == [
            (names[segment["category_id"]], segment["id"], not kinds[segment["category_id"]])
            for segment in image["segments"]
        ]
        classes, instances = shape_module.shapes_to_label(image["ids"].shape, shapes, numbers)
        expected = np.zeros_like(image["ids"])
        for number, segment in enumerate(image["segments"]):
            pixels = image["ids"] == segment["id"]
            assert np.array_equal(instances == number + 1, pixels)
            expected[pixels] = segment["category_id"]
        assert np.array_equal(classes, expected)
        assert (document["imageWidth"], document["imageHeight"]) == (image["width"], image["height"])
        count += len(shapes)
    return {"shapes": count}


def cvat(folder, truth):
    root = xml.etree.ElementTree.parse(os.path.join(folder, "annotations.xml")).getroot()
    ordered = sorted(truth["categories"], key=lambda category: category["id"])
    assert [label.findtext("name") for label in root.iter("label")] == [category["name"] for category in ordered]
    names = names_of(truth)
    images = root.findall("image")
    assert len(images) == len(truth["images"])
    count = 0
    for found, image in zip(images, truth["images"]):
        assert found.get("name").rsplit(".", 1)[0] in (image["stem"], image["stem"].rsplit(".", 1)[0])
        assert (int(found.get("width")), int(found.get("height"))) == (image["width"], image["height"])
        masks = found.findall("mask")
        assert len(masks) == len(image["segments"])
        for mask, segment in zip(masks, image["segments"]):
            left, top, width, height = (int(mask.get(key)) for key in ("left", "top", "width", "height"))
            assert [left, top, width, height] == segment["bbox"]
            counts = [int(length) for length in mask.get("rle").split(",")]
            values = np.repeat(np.arange(len(counts)) % 2, counts).reshape(height, width)
            pixels = np.zeros_like(image["ids"])
            pixels[top : top + height, left : left + width] = values
            assert np.array_equal(pixels == 1, image["ids"] == segment["id"])
            assert mask.get("label") == names[segment["category_id"]]
            count += 1
    return {"masks": count}


def label_studio(folder, truth):
    spec = importlib.util.find_spec("label_studio_sdk")
    path = os.path.join(os.path.dirname(spec.origin), "converter", "brush.py")
    spec = importlib.util.spec_from_file_location("brush", path)
    brush = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(brush)
    labels = xml.etree.ElementTree.parse(os.path.join(folder, "config.xml")).getroot().iter("Label")
    ordered = sorted(truth["categories"], key=lambda category: category["id"])
    assert [label.get("value") for label in labels] == [category["name"] for category in ordered]
    names = names_of(truth)
    with open(os.path.join(folder, "tasks.json"), encoding="utf-8") as file:
        tasks = json.load(file)
    assert [task["id"] for task in tasks] == [image["id"] for image in truth["images"]]
    count = 0
    for task, image in zip(tasks, truth["images"]):
        name = urllib.parse.unquote(task["data"]["image"].split("?d=", 1)[1])
        assert name == image["stem"] or name.rsplit(".", 1)[0] == image["stem"]
        (annotation,) = task["annotations"]
        assert len(annotation["result"]) == len(image["segments"])
        for region, segment in zip(annotation["result"], image["segments"]):
            assert region["value"]["brushlabels"] == [names[segment["category_id"]]]
            assert (region["original_width"], region["original_height"]) == (image["width"], image["height"])
            values = brush.decode_rle(region["value"]["rle"]).reshape(image["height"], image["width"], 4)
            assert np.array_equal(values[:, :, 3] > 127, image["ids"] == segment["id"])
            count += 1
    return {"regions": count}


def class_table(folder):
    with open(os.path.join(folder, "classes.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_table(table, truth):
    """@returns category ids by their numbers"""
    kinds = {category["voc"]: category for category in truth["categories"]}
    assert table[0]["name"] == "background" and table[0]["index"] == "0"
    assert {row["name"] for row in table[1:]} == set(kinds)
    assert all(int(row["isthing"]) == kinds[row["name"]]["isthing"] for row in table[1:])
    return {int(row["index"]): kinds[row["name"]]["id"] for row in table[1:]}


def class_planes(folder, truth):
    numbers = {id: number for number, id in check_table(class_table(folder), truth).items()}
    for image in truth["images"]:
        classes = np.zeros_like(image["ids"])
        segments = np.zeros_like(image["ids"])
        for number, segment in enumerate(image["segments"]):
            pixels = image["ids"] == segment["id"]
            classes[pixels] = numbers[segment["category_id"]]
            segments[pixels] = number + 1
        mode, found, _ = png(folder, "masks", image["stem"] + ".png")
        assert mode == "P" and np.array_equal(found, classes)
        _, found, _ = png(folder, "segments", image["stem"] + ".png")
        assert np.array_equal(found, segments)
    return {"images": len(truth["images"])}


def per_class(folder, truth):
    table = class_table(folder)
    numbers = check_table(table, truth)
    with open(os.path.join(folder, "all.txt"), encoding="utf-8") as file:
        assert file.read().splitlines() == [image["stem"] for image in truth["images"]]
    folders = {int(name.split("-", 1)[0]): name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))}
    files = sum(len(names) for _, _, names in os.walk(folder)) - 2
    for image in truth["images"]:
        for number, category in numbers.items():
            ids = [segment["id"] for segment in image["segments"] if segment["category_id"] == category]
            if not ids:
                continue
            _, found, _ = png(folder, folders[number], image["stem"] + ".png")
            assert np.array_equal(found, np.where(np.isin(image["ids"], ids), 255, 0))
            files -= 1
    assert files == 0
    return {"images": len(truth["images"])}


@functools.cache
def cityscapes_package():
    bare("cityscapesscripts", os.path.dirname(importlib.util.find_spec("cityscapesscripts").origin))
    return importlib.import_module("cityscapesscripts.evaluation.instance")


def cityscapes(folder, truth):
    instance = cityscapes_package()
    numbers = check_table(class_table(folder), truth)
    kinds = {category["id"]: category["isthing"] for category in truth["categories"]}
    count = 0
    for image in truth["images"]:
        stem = os.path.join(folder, "gtFine", "train", image["stem"] + "_gtFine")
        _, labels, _ = png(stem + "_labelIds.png")
        _, instances, _ = png(stem + "_instanceIds.png")
        assert png(stem + "_color.png")[0] == "P"
        found = [instance.Instance(instances, id) for id in np.unique(instances) if id != 0]
        for one in found:
            assert np.unique(labels[instances == one.instID]).tolist() == [one.labelID]
        areas = {}
        for segment in image["segments"]:
            category = segment["category_id"]
            key = (category, segment["id"] if kinds[category] else 0)
            areas[key] = areas.get(key, 0) + segment["area"]
        expected = sorted((category, area) for (category, _), area in areas.items())
        assert sorted((numbers[one.labelID], one.pixelCount) for one in found) == expected
        for segment in image["segments"]:
            pixels = image["ids"] == segment["id"]
            (number,) = np.unique(instances[pixels])
            assert not kinds[segment["category_id"]] or np.array_equal(instances == number, pixels)
            count += 1
    return {"segments": count}


def datumaro(folder, truth):
    with open(os.path.join(folder, "annotations", "default.json"), encoding="utf-8") as file:
        document = json.load(file)
    labels = [label["name"] for label in document["categories"]["label"]["labels"]]
    names = names_of(truth)
    kinds = {category["id"]: category["isthing"] for category in truth["categories"]}
    assert sorted(labels) == sorted(names.values())
    assert [item["id"] for item in document["items"]] == [image["stem"] for image in truth["images"]]
    count = 0
    for item, image in zip(document["items"], truth["images"]):
        assert item["image"]["size"] == [image["height"], image["width"]]
        assert len(item["annotations"]) == len(image["segments"])
        for annotation, segment in zip(item["annotations"], image["segments"]):
            # As Datumaro's RleMask reads it.
            rle = {"size": annotation["rle"]["size"], "counts": annotation["rle"]["counts"].encode("ascii")}
            assert np.array_equal(coco_mask.decode(rle), image["ids"] == segment["id"])
            assert annotation["type"] == "mask" and annotation["id"] == annotation["group"] == segment["id"]
            assert labels[annotation["label_id"]] == names[segment["category_id"]]
            assert annotation["attributes"]["isthing"] == (kinds[segment["category_id"]] == 1)
            count += 1
    return {"masks": count}


class Recorded(dict):
    """What load.py hands to FiftyOne, whose own package starts a database."""

    def __init__(self, *args, **fields):
        super().__init__(fields)
        self.args = args


class RecordedDataset(list):
    def __init__(self, name, persistent):
        super().__init__()
        self.name = name

    def add_samples(self, samples):
        self.extend(samples)


def fiftyone(folder, truth):
    recorder = types.ModuleType("fiftyone")
    recorder.Detection = recorder.Detections = recorder.Segmentation = recorder.Sample = Recorded
    recorder.Dataset = RecordedDataset
    sys.modules["fiftyone"] = recorder
    spec = importlib.util.spec_from_file_location("load", os.path.join(folder, "load.py"))
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = script.main()
    assert dataset.name == truth["name"]
    targets = dataset.mask_targets["segmentation"]
    names = names_of(truth, "voc")
    count = 0
    for sample, image in zip(dataset, truth["images"], strict=True):
        assert os.path.relpath(sample["filepath"], os.path.join(folder, "data")).rsplit(".", 1)[0] in (
            image["stem"],
            image["stem"].rsplit(".", 1)[0],
        )
        _, classes, _ = png(sample["segmentation"]["mask_path"])
        detections = sample["detections"]["detections"]
        for detection, segment in zip(detections, image["segments"], strict=True):
            left, top, width, height = segment["bbox"]
            pixels = image["ids"] == segment["id"]
            assert np.array_equal(detection["mask"], pixels[top : top + height, left : left + width])
            box = np.array(detection["bounding_box"]) * ([image["width"], image["height"]] * 2)
            assert np.allclose(box, segment["bbox"])
            assert detection["label"] == names[segment["category_id"]] and detection["segment_id"] == segment["id"]
            assert {targets[number] for number in np.unique(classes[pixels]).tolist()} == {detection["label"]}
            count += 1
        assert (classes[image["ids"] == 0] == 0).all()
    return {"detections": count}


def hugging_face(folder, truth):
    import pyarrow.parquet

    names = names_of(truth)
    rows = []
    for name in sorted(os.listdir(os.path.join(folder, "data"))):
        table = pyarrow.parquet.read_table(os.path.join(folder, "data", name))
        # As datasets reads it: Image is a struct of bytes and path.
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert features["image"] == features["mask"] == {"_type": "Image"}
        for column in ("image", "mask"):
            assert table.schema.field(column).type == pyarrow.struct(
                [("bytes", pyarrow.binary()), ("path", pyarrow.string())]
            )
        labels = features["segments"][0]["category"]["names"]
        rows += table.to_pylist()
    assert [row["image_id"] for row in rows] == [image["id"] for image in truth["images"]]
    count = 0
    for row, image in zip(rows, truth["images"]):
        with Image.open(io.BytesIO(row["mask"]["bytes"])) as mask:
            assert np.array_equal(rgb2id(np.array(mask)), image["ids"])
        assert row["image"]["path"] == row["file_name"]
        with Image.open(io.BytesIO(row["image"]["bytes"])) as picture:
            assert picture.size == (image["width"], image["height"])
        for found, segment in zip(row["segments"], image["segments"], strict=True):
            assert found["id"] == segment["id"] and labels[found["category"]] == names[segment["category_id"]]
            assert found["area"] == segment["area"] and found["bbox"] == segment["bbox"]
            count += 1
    return {"segments": count}


def overlays(folder, truth):
    for image in truth["images"]:
        mode, pixels, _ = png(folder, image["stem"] + ".png")
        assert mode == "RGB" and pixels.shape[:2] == image["ids"].shape
    return {"images": len(truth["images"])}


def main(folders):
    formats = {
        "coco-panoptic": coco_panoptic,
        "coco-instances": coco_instances,
        "voc": voc,
        "yolo-seg": yolo_seg,
        "labelme": labelme,
        "cvat": cvat,
        "label-studio": label_studio,
        "png": class_planes,
        "png-per-class": per_class,
        "cityscapes": cityscapes,
        "datumaro": datumaro,
        "fiftyone": fiftyone,
        "hugging-face": hugging_face,
        "overlays": overlays,
    }
    for folder in folders:
        truth = load_truth(folder)
        print(json.dumps({name: read(os.path.join(folder, name), truth) for name, read in formats.items()}))


if __name__ == "__main__":
    main(sys.argv[1:])
