/** PNGs of class numbers with a table of classes, and Cityscapes' layout of the same (spec/export.md). */
import { InvalidInputError } from '@saltworks/contract/errors';
import { encode } from 'fast-png';
import type { Mask } from '../mask/mask.ts';
import { instanceRadix } from './class-mask.ts';
import { csvField } from './class-table.ts';
import { vocColour } from './colour-map.ts';
import {
  checkImage,
  distinctNames,
  type ExportDataset,
  type ExportDocument,
  type Exporter,
  orderedCategories,
  stemList,
  stemLists,
} from './exporter.ts';
import { endingOf } from './stems.ts';

const palette = Array.from({ length: 256 }, (_, i) => vocColour(i));
const maxWord = 65_535;

/** `index,name,isthing,red,green,blue`, background first. */
function tableOf(names: readonly string[], isthing: readonly number[]): ExportDocument {
  const rows = names.map((name, i) => `${[i + 1, csvField(name), isthing[i], ...vocColour(i + 1)].join(',')}\n`);
  return { path: 'classes.csv', parts: [`index,name,isthing,red,green,blue\n0,background,0,0,0,0\n${rows.join('')}`] };
}

/** Every pixel's number. */
function numbered<T extends Uint8Array | Uint16Array>({ ids }: Mask, of: ReadonlyMap<number, number>, data: T): T {
  for (let i = 0, id = 0, value = 0; i < ids.length; i++) {
    if (ids[i] !== id) {
      id = ids[i];
      value = of.get(id) ?? 0;
    }
    data[i] = value;
  }
  return data;
}

export const greyPng = (mask: Mask, of: ReadonlyMap<number, number>) =>
  encode({
    data: numbered(mask, of, new Uint16Array(mask.ids.length)),
    ...{ width: mask.width, height: mask.height, channels: 1, depth: 16 },
  });

export const palettePng = (mask: Mask, of: ReadonlyMap<number, number>) =>
  encode({
    data: numbered(mask, of, new Uint8Array(mask.ids.length)),
    ...{ width: mask.width, height: mask.height, channels: 1, palette },
  });

/** @throws InvalidInputError for more categories than 16 bits count */
export function classPng(dataset: ExportDataset): Exporter {
  const categories = orderedCategories(dataset);
  if (categories.length > maxWord) {
    throw new InvalidInputError(
      `${categories.length} categories; expected at most ${maxWord}, which is all a PNG holds`,
    );
  }
  const names = distinctNames(categories, ['background']);
  const place = new Map(categories.map(({ id }, i) => [id, i + 1]));
  return {
    image(image) {
      checkImage(image, categories);
      const { stem, mask, segments, split } = image;
      if (segments.length > maxWord) {
        throw new InvalidInputError(`${segments.length} segments in ${stem}; expected at most ${maxWord}`);
      }
      const classes = new Map(segments.map(({ id, category_id }) => [id, place.get(category_id) ?? 0]));
      const order = new Map(segments.map(({ id }, i) => [id, i + 1]));
      return {
        files: [
          { path: `masks/${stem}.png`, bytes: (categories.length < 256 ? palettePng : greyPng)(mask, classes) },
          { path: `segments/${stem}.png`, bytes: greyPng(mask, order) },
        ],
        lines: stemList(split, stem),
      };
    },
    documents: [
      tableOf(
        names,
        categories.map(({ isthing }) => isthing),
      ),
      ...stemLists(dataset),
    ],
    picture: ({ fileName }) => `images/${fileName}`,
  };
}

/** A black and white PNG for each class of an image. */
export function perClassPng(dataset: ExportDataset): Exporter {
  const categories = orderedCategories(dataset);
  const names = distinctNames(categories, ['background']);
  // File systems disagree about what a folder may be called.
  const folders = new Map(
    categories.map(({ id }, i) => [id, `${i + 1}-${names[i].replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60)}`]),
  );
  return {
    image(image) {
      checkImage(image, categories);
      const { stem, mask, segments, split } = image;
      const used = new Set(segments.map(({ category_id }) => category_id));
      return {
        files: [...used].map((category) => {
          const white = new Map(segments.filter((one) => one.category_id === category).map(({ id }) => [id, 255]));
          const data = numbered(mask, white, new Uint8Array(mask.ids.length));
          const bytes = encode({ data, width: mask.width, height: mask.height, channels: 1 });
          return { path: `${folders.get(category)}/${stem}.png`, bytes };
        }),
        lines: { stems: [stem], ...stemList(split, stem) },
      };
    },
    documents: [
      tableOf(
        names,
        categories.map(({ isthing }) => isthing),
      ),
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
  const all = orderedCategories(dataset);
  const called = distinctNames(all, ['background']).map((name, i) => ({ ...all[i], name }));
  // Things first: their numbers are multiplied.
  const categories = [...called.filter(({ isthing }) => isthing), ...called.filter(({ isthing }) => !isthing)];
  const things = all.filter(({ isthing }) => isthing).length;
  if (things > maxThing || categories.length > maxLabel) {
    throw new InvalidInputError(
      `${categories.length} categories, ${things} of things; expected at most ${maxLabel} and ${maxThing}, which is all Cityscapes' numbers hold`,
    );
  }
  const names = categories.map(({ name }) => name);
  const place = new Map(categories.map(({ id }, i) => [id, i + 1]));
  const isThing = new Map(categories.map(({ id, isthing }) => [id, isthing === 1]));
  return {
    image(image) {
      checkImage(image, categories);
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
      const grey = encode({
        data: numbered(mask, classes, new Uint8Array(mask.ids.length)),
        ...{ width: mask.width, height: mask.height, channels: 1 },
      });
      const at = `gtFine/${split}/${stem}_gtFine`;
      return {
        files: [
          { path: `${at}_labelIds.png`, bytes: grey },
          { path: `${at}_instanceIds.png`, bytes: greyPng(mask, instances) },
          { path: `${at}_color.png`, bytes: palettePng(mask, classes) },
        ],
        lines: {},
      };
    },
    documents: [
      tableOf(
        names,
        categories.map(({ isthing }) => isthing),
      ),
    ],
    picture: ({ stem, fileName, split = 'train' }) => `leftImg8bit/${split}/${stem}_leftImg8bit${endingOf(fileName)}`,
  };
}
