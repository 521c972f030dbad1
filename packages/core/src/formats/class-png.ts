/** PNGs of class numbers with a table of classes, and Cityscapes' layout of the same (spec/export.md). */
import type { Category } from '@saltworks/contract/categories';
import { InvalidInputError } from '@saltworks/contract/errors';
import { instanceRadix } from './class-mask.ts';
import { csvField } from './class-table.ts';
import { vocColour } from './colour-map.ts';
import {
  type ExportDataset,
  type ExportDocument,
  type Exporter,
  namedCategories,
  stemList,
  stemLists,
} from './exporter.ts';
import { bytePng, classAndSegmentPngs, palettePng, placesOf, wordPng } from './number-png.ts';
import { endingOf } from './stems.ts';

/** `index,name,isthing,red,green,blue`, background first. */
function tableOf(categories: readonly Category[]): ExportDocument {
  const rows = categories.map(
    ({ name, isthing }, i) => `${[i + 1, csvField(name), isthing, ...vocColour(i + 1)].join(',')}\n`,
  );
  return { path: 'classes.csv', parts: [`index,name,isthing,red,green,blue\n0,background,0,0,0,0\n${rows.join('')}`] };
}

/** @throws InvalidInputError for more categories than 16 bits count */
export function classPng(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset, ['background']);
  const pngsOf = classAndSegmentPngs(categories);
  return {
    image(image) {
      const { stem, split } = image;
      const { classes, segments } = pngsOf(image);
      return {
        files: [
          { path: `masks/${stem}.png`, bytes: classes },
          { path: `segments/${stem}.png`, bytes: segments },
        ],
        lines: stemList(split, stem),
      };
    },
    documents: [tableOf(categories), ...stemLists(dataset)],
    picture: ({ fileName }) => `images/${fileName}`,
  };
}

/** A black and white PNG for each class of an image. */
export function perClassPng(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset, ['background']);
  // File systems disagree about what a folder may be called.
  const folders = new Map(
    categories.map(({ id, name }, i) => [id, `${i + 1}-${name.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60)}`]),
  );
  return {
    image(image) {
      const { stem, mask, segments, split } = image;
      const used = new Set(segments.map(({ category_id }) => category_id));
      return {
        files: [...used].map((category) => {
          const white = new Map(segments.filter((one) => one.category_id === category).map(({ id }) => [id, 255]));
          return { path: `${folders.get(category)}/${stem}.png`, bytes: bytePng(mask, white) };
        }),
        lines: { stems: [stem], ...stemList(split, stem) },
      };
    },
    documents: [
      tableOf(categories),
      { path: 'all.txt', parts: [{ list: 'stems', between: '', after: '\n' }] },
      ...stemLists(dataset),
    ],
    picture: ({ fileName }) => `images/${fileName}`,
  };
}

/** Class numbers with room for a thousand objects in 16 bits: 65 · 1000 + 999 would not fit. */
const maxThing = 64;
const maxLabel = 254;

/** @throws InvalidInputError for more categories than the numbers have room for */
export function cityscapes(dataset: ExportDataset): Exporter {
  const named = namedCategories(dataset, ['background']);
  // Things first: their numbers are multiplied.
  const categories = [...named.filter(({ isthing }) => isthing), ...named.filter(({ isthing }) => !isthing)];
  const things = named.filter(({ isthing }) => isthing).length;
  if (things > maxThing || categories.length > maxLabel) {
    throw new InvalidInputError(
      `${categories.length} categories, ${things} of things; expected at most ${maxLabel} and ${maxThing}, which is all Cityscapes' numbers hold`,
    );
  }
  const place = placesOf(categories);
  const isThing = new Map(categories.map(({ id, isthing }) => [id, isthing === 1]));
  return {
    image(image) {
      const { stem, mask, segments, split = 'train' } = image;
      const count = new Map<number, number>();
      const classes = new Map<number, number>();
      const instances = new Map<number, number>();
      for (const { id, category_id } of segments) {
        const number = place.get(category_id) as number;
        classes.set(id, number);
        const n = count.get(number) ?? 0;
        count.set(number, n + 1);
        if (isThing.get(category_id) && n >= instanceRadix) {
          throw new InvalidInputError(`more than ${instanceRadix} segments of one category in ${stem}; expected fewer`);
        }
        instances.set(id, isThing.get(category_id) ? number * instanceRadix + n : number);
      }
      const at = `gtFine/${split}/${stem}_gtFine`;
      return {
        files: [
          { path: `${at}_labelIds.png`, bytes: bytePng(mask, classes) },
          { path: `${at}_instanceIds.png`, bytes: wordPng(mask, instances) },
          { path: `${at}_color.png`, bytes: palettePng(mask, classes) },
        ],
        lines: {},
      };
    },
    documents: [tableOf(categories)],
    picture: ({ stem, fileName, split = 'train' }) => `leftImg8bit/${split}/${stem}_leftImg8bit${endingOf(fileName)}`,
  };
}
