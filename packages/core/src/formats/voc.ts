/** PASCAL VOC segmentation (spec/export.md): palette PNGs of classes and of objects, with the label map of CVAT. */

import { InvalidInputError } from '@saltworks/contract/errors';
import { vocColour } from './colour-map.ts';
import { type ExportDataset, type Exporter, namedCategories, stemList, stemLists } from './exporter.ts';
import { palettePng, placesOf } from './number-png.ts';
import { endingOf } from './stems.ts';

/** 0 is the background and 255 the void. */
const maxIndex = 254;

/** @throws InvalidInputError for more than 254 categories, or names that the label map cannot hold */
export function voc(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset, ['background']);
  if (categories.length > maxIndex) {
    throw new InvalidInputError(
      `${categories.length} categories; expected at most ${maxIndex}, which is all VOC holds`,
    );
  }
  const names = ['background', ...categories.map(({ name }) => name)];
  for (const name of names) {
    if (/^[#\s]|[:\p{Cc}\u2028\u2029]/u.test(name)) {
      throw new InvalidInputError(
        `category ${JSON.stringify(name)}; expected a name without ':' and line breaks and no '#' or blank first, for VOC`,
      );
    }
  }
  const place = placesOf(categories);
  return {
    image(image) {
      const { stem, mask, segments, split } = image;
      if (segments.length > maxIndex) {
        throw new InvalidInputError(
          `${segments.length} segments in ${stem}; expected at most ${maxIndex}, which is all a VOC image holds`,
        );
      }
      const classes = new Map(segments.map(({ id, category_id }) => [id, place.get(category_id) ?? 0]));
      return {
        files: [
          { path: `SegmentationClass/${stem}.png`, bytes: palettePng(mask, classes) },
          { path: `SegmentationObject/${stem}.png`, bytes: palettePng(mask, placesOf(segments)) },
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
