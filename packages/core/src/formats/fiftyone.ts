/** FiftyOne (spec/export.md): masks as files, a line a sample, and a script that makes the dataset of them. */
import type { Category } from '@saltworks/contract/categories';
import { type ExportDataset, type Exporter, namedCategories } from './exporter.ts';
import { classAndSegmentPngs } from './number-png.ts';

/** @throws InvalidInputError for more categories than 16 bits count */
export function fiftyone(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset, ['background']);
  const pngsOf = classAndSegmentPngs(categories);
  const classes = new Map(categories.map((category) => [category.id, category]));
  return {
    image(image) {
      const { stem, fileName, segments, split } = image;
      const pngs = pngsOf(image);
      const [semantic, instances] = [`segmentation/${stem}.png`, `segments/${stem}.png`];
      const sample = {
        filepath: `data/${fileName}`,
        tags: split === undefined ? [] : [split],
        segmentation: semantic,
        segments: instances,
        detections: segments.map(({ id, category_id, bbox }) => {
          const { name, isthing } = classes.get(category_id) as Category;
          return { label: name, box: bbox, segment_id: id, isthing: isthing === 1 };
        }),
      };
      return {
        files: [
          { path: semantic, bytes: pngs.classes },
          { path: instances, bytes: pngs.segments },
        ],
        lines: { samples: [JSON.stringify(sample)] },
      };
    },
    documents: [
      { path: 'samples.jsonl', parts: [{ list: 'samples', between: '', after: '\n' }] },
      {
        path: 'dataset.json',
        parts: [
          `${JSON.stringify({ name: dataset.name, mask_targets: Object.fromEntries(categories.map(({ name }, i) => [i + 1, name])) })}\n`,
        ],
      },
      { path: 'load.py', parts: [script] },
    ],
    picture: ({ fileName }) => `data/${fileName}`,
  };
}

const script = `"""Makes a FiftyOne dataset of this folder. usage: python load.py [NAME]; needs fiftyone, numpy and pillow.

Pictures lie in data/. Field segmentation is a Segmentation with a mask on disk; field detections holds Detections, each with
its mask within its box.
"""
import json
import os
import sys

import fiftyone as fo
import numpy as np
from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))


def detections(line):
    with Image.open(os.path.join(here, line["segments"])) as image:
        numbers = np.array(image)
    height, width = numbers.shape
    for number, found in enumerate(line["detections"], 1):
        left, top, w, h = found["box"]
        yield fo.Detection(
            label=found["label"],
            bounding_box=[left / width, top / height, w / width, h / height],
            mask=numbers[top : top + h, left : left + w] == number,
            segment_id=found["segment_id"],
            isthing=found["isthing"],
        )


def samples():
    with open(os.path.join(here, "samples.jsonl"), encoding="utf-8") as file:
        for line in map(json.loads, file):
            sample = fo.Sample(filepath=os.path.join(here, line["filepath"]), tags=line["tags"])
            sample["segmentation"] = fo.Segmentation(mask_path=os.path.join(here, line["segmentation"]))
            sample["detections"] = fo.Detections(detections=list(detections(line)))
            yield sample


def main(name=None):
    with open(os.path.join(here, "dataset.json"), encoding="utf-8") as file:
        about = json.load(file)
    dataset = fo.Dataset(name or about["name"], persistent=True)
    dataset.mask_targets = {"segmentation": {int(number): label for number, label in about["mask_targets"].items()}}
    dataset.add_samples(samples())
    print(f"{dataset.name}: {len(dataset)} samples")
    return dataset


if __name__ == "__main__":
    main(*sys.argv[1:2])
`;
