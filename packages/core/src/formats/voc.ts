/** PASCAL VOC segmentation (spec/export.md): palette PNGs of classes and of objects, with the label map of CVAT. */

import { InvalidInputError } from '@saltworks/contract/errors';
import { encode } from 'fast-png';
import type { Mask } from '../mask/mask.ts';
import { vocColour } from './colour-map.ts';
import {
  checkImage,
  distinctNames,
  type ExportDataset,
  type Exporter,
  orderedCategories,
  stemList,
  stemLists,
} from './exporter.ts';
import { endingOf } from './stems.ts';

/** 0 is the background and 255 the void. */
const maxIndex = 254;
const palette = Array.from({ length: 256 }, (_, i) => vocColour(i));

/** @throws InvalidInputError for more than 254 categories, or names that the label map cannot hold */
export function voc(dataset: ExportDataset): Exporter {
  const categories = orderedCategories(dataset);
  if (categories.length > maxIndex) {
    throw new InvalidInputError(
      `${categories.length} categories; expected at most ${maxIndex}, which is all VOC holds`,
    );
  }
  const names = ['background', ...distinctNames(categories, ['background'])];
  for (const name of names) {
    if (/^[#\s]|[:\p{Cc}\u2028\u2029]/u.test(name)) {
      throw new InvalidInputError(
        `category ${JSON.stringify(name)}; expected a name without ':' and line breaks and no '#' or blank first, for VOC`,
      );
    }
  }
  const classIndex = new Map(categories.map(({ id }, i) => [id, i + 1]));
  return {
    image(image) {
      checkImage(image, categories);
      const { stem, mask, segments, split } = image;
      if (segments.length > maxIndex) {
        throw new InvalidInputError(
          `${segments.length} segments in ${stem}; expected at most ${maxIndex}, which is all a VOC image holds`,
        );
      }
      const classes = new Map(segments.map(({ id, category_id }) => [id, classIndex.get(category_id) ?? 0]));
      const objects = new Map(segments.map(({ id }, i) => [id, i + 1]));
      return {
        files: [
          { path: `SegmentationClass/${stem}.png`, bytes: palettePng(mask, classes) },
          { path: `SegmentationObject/${stem}.png`, bytes: palettePng(mask, objects) },
        ],
        lines: { stems: [stem], ...stemList(split, stem) },
      };
    },
    documents: [
      { path: 'ImageSets/Segmentation/all.txt', parts: [{ list: 'stems', between: '', after: '\n' }] },
      ...stemLists(dataset, 'ImageSets/Segmentation/'),
      {
        path: 'labelmap.txt',
        parts: [
          '# label:color_rgb:parts:actions\n',
          names.map((name, i) => `${name}:${vocColour(i).join(',')}::\n`).join(''),
        ],
      },
    ],
    picture: ({ stem, fileName }) => `JPEGImages/${stem}${endingOf(fileName)}`,
  };
}

/** A palette PNG in which every pixel has the index of its segment. */
function palettePng({ ids, width, height }: Mask, indices: Map<number, number>): Uint8Array {
  const data = new Uint8Array(ids.length);
  for (let i = 0, id = 0, index = 0; i < ids.length; i++) {
    if (ids[i] !== id) {
      id = ids[i];
      index = indices.get(id) ?? 0;
    }
    data[i] = index;
  }
  return encode({ data, width, height, channels: 1, palette });
}
