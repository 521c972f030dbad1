/**
 * The interface of every export format (spec/export.md). An export of millions of images is made in shards: each writes its
 * images' files and keeps their lines, list by list; at the end the documents are streamed from all lines in order.
 */

import type { Attribute, AttributeValues } from '@saltworks/contract/attributes';
import type { Category } from '@saltworks/contract/categories';
import type { Lineage } from '@saltworks/contract/documents/key-sets';
import type { SegmentInfo } from '@saltworks/contract/documents/masks';
import { maxSegmentId } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ExportSplit } from '@saltworks/contract/export-formats';
import type { RgbImage } from '../image/image.ts';
import { type Mask, segmentsInfo } from '../mask/mask.ts';
import type { MaskOrigin } from '../mask/origin.ts';

export interface ExportDataset {
  name: string;
  /** ISO 8601. Given, not taken from the clock, so that a repeated export writes the same bytes. */
  date: string;
  categories: readonly Category[];
  /** Ids of all categories in their order, for formats that number categories themselves. Default: ascending. */
  order?: readonly number[];
  /** The folder that holds the images under their names, for formats that look for them. Default: `images`. */
  pictures?: 'images' | '.';
  /** What the keys behind its masks were made with, for formats that have a place for it. */
  keys?: Lineage;
  /** The build that its masks are, for formats that have a place for it. */
  build?: string;
  /** Of a campaign's masks: the version of its classes, for formats that have a place for it. */
  schema?: number;
  /** Of a campaign's masks: what it asks of segments and images, by the ids of categories. */
  attributes?: readonly Attribute[];
  /** Nobody drew on its images: a model predicted their masks. For formats that have a place for it. */
  origin?: 'predicted';
  /** Train, val and the like, and the chance of each; absent where the export is one. */
  split?: ExportSplit;
}

/** What is asked of the segments of a category. */
export const segmentAttributes = (attributes: readonly Attribute[], category: number): Attribute[] =>
  attributes.filter(({ of, classes }) => of === 'segment' && (!classes || classes.includes(category)));

/** The names of an export's parts; one without a name where it is whole. */
export const partsOf = ({ split }: ExportDataset): (string | undefined)[] =>
  split ? [...new Set(split.shares.map(({ name }) => name))] : [undefined];

/** A name with that of a part: `panoptic`, `panoptic_train`. */
export const partName = (name: string, split: string | undefined): string =>
  split === undefined ? name : `${name}_${split}`;

/** For formats whose readers split by lists of stems: lines for each part, and the documents of them. */
export const stemList = (split: string | undefined, stem: string): Record<string, string[]> =>
  split === undefined ? {} : { [`stems-${split}`]: [stem] };
export const stemLists = (dataset: ExportDataset, folder = ''): ExportDocument[] =>
  partsOf(dataset).flatMap((split) =>
    split === undefined
      ? []
      : [{ path: `${folder}${split}.txt`, parts: [{ list: `stems-${split}`, between: '', after: '\n' }] }],
  );

export interface ExportImage {
  /** 1 … n, each once in the dataset. */
  id: number;
  /** The image's name in documents. */
  fileName: string;
  /** The image's own files are named after this, with `/` between folders; unique in the dataset. */
  stem: string;
  mask: Mask;
  /** Every segment with pixels; `category_id` is one of the dataset's. */
  segments: readonly SegmentInfo[];
  /** What it began with, and whether that was changed, for formats that have a place for it; absent where all is drawn. */
  origin?: MaskOrigin['origin'];
  corrected?: MaskOrigin['corrected'];
  /** Values of the image by name. */
  attributes?: AttributeValues;
  /** The part that it falls into. */
  split?: string;
  /** Its picture, for formats that need it. */
  picture?: { bytes: Uint8Array; pixels?: RgbImage };
}

export interface ExportFile {
  /** Relative to the export's folder, `/` between folders. */
  path: string;
  bytes: Uint8Array;
}

/** A file for the whole dataset: text, and lists of lines from the images. */
export interface ExportDocument {
  path: string;
  parts: readonly (string | LineList)[];
}

interface LineList {
  list: string;
  /** Between two lines. */
  between: string;
  /** After every line. */
  after: string;
}

/** A format, opened for one dataset. */
export interface Exporter {
  /**
   * An image's files, and its lines for the documents' lists (each without a line break).
   *
   * @throws InvalidInputError if the format cannot hold the image
   */
  image(image: ExportImage): { files: ExportFile[]; lines: Record<string, string[]>; row?: unknown };
  documents: readonly ExportDocument[];
  /** Where the picture of an image belongs, relative to the export's folder. Absent of formats that have no place for it. */
  picture?(image: Pick<ExportImage, 'fileName' | 'stem' | 'split'>): string;
  /** What it needs of pictures: their files, or also their pixels. */
  needs?: 'bytes' | 'pixels';
  /** A file of several images' rows, for formats that pack them. @param part from 0, within a shard and a split */
  pack?(rows: readonly unknown[], at: { split?: string; shard: number; part: number }): ExportFile;
}

/**
 * A document's text, piece by piece: at most one line is in memory at a time.
 *
 * @param lines the lines of a list, those of all images in order
 */
export async function* documentText(
  { parts }: ExportDocument,
  lines: (list: string) => AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<string, void> {
  for (const part of parts) {
    if (typeof part === 'string') {
      yield part;
      continue;
    }
    let between = '';
    for await (const line of lines(part.list)) {
      yield between + line + part.after;
      between = part.between;
    }
  }
}

/** Annotation ids are image id · 2²⁴ + segment id, exact up to this image id. */
const maxImageId = 2 ** 29 - 1;

/** The dataset's categories in order. @throws InvalidInputError if an id is no positive integer or repeats, or a name is missing */
export function orderedCategories({ categories, order }: ExportDataset): Category[] {
  const ordered = [...categories].sort((a, b) => a.id - b.id);
  ordered.forEach(({ id, name }, i) => {
    // Earlier versions imported categories as they were in their documents.
    if (typeof name !== 'string' || name === '') {
      throw new InvalidInputError(
        `category ${id} has ${name === undefined ? 'no name' : `the name ${JSON.stringify(name)}`}; expected one (mend the document that the dataset came from, and import it again)`,
      );
    }
    if (!Number.isSafeInteger(id) || id < 1 || id === ordered[i - 1]?.id) {
      throw new InvalidInputError(`category ${JSON.stringify(name)} has id ${id}; expected a positive one of its own`);
    }
  });
  if (!order) return ordered;
  const place = new Map(order.map((id, i) => [id, i]));
  return ordered.sort((a, b) => (place.get(a.id) ?? order.length) - (place.get(b.id) ?? order.length));
}

/**
 * A unique name for every category, since readers look categories up by name: the later of two with one name becomes
 * NAME-thing or NAME-stuff. Every format gives the same names, unless it reserves some.
 *
 * @param reserved names that no category may have
 */
export function distinctNames(categories: readonly Category[], reserved: readonly string[] = []): string[] {
  const taken = new Set(reserved);
  return categories.map(({ name, isthing }) => {
    let own = name;
    while (taken.has(own)) own += isthing ? '-thing' : '-stuff';
    taken.add(own);
    return own;
  });
}

/** The dataset's categories in order, each under a name of its own. @param reserved as of `distinctNames` */
export function namedCategories(dataset: ExportDataset, reserved?: readonly string[]): Category[] {
  const categories = orderedCategories(dataset);
  const names = distinctNames(categories, reserved);
  return categories.map((category, i) => ({ ...category, name: names[i] }));
}

/**
 * Refuses an image that would lose something or land outside the export: pixels and segments that disagree, unknown
 * categories, stems that are no relative path.
 */
export function checkImage({ id, stem, mask, segments }: ExportImage, categories: readonly Category[]): void {
  if (!Number.isInteger(id) || id < 1 || id > maxImageId) {
    throw new InvalidInputError(`image id ${id}; expected a whole number from 1 to ${maxImageId}`);
  }
  checkStem(stem, id);
  const { ids, width, height } = mask;
  if (!(width > 0 && height > 0) || ids.length !== width * height) {
    throw new InvalidInputError(`a mask of ${ids.length} pixels for ${stem}; expected ${width} × ${height}`);
  }
  const found = new Map(segmentsInfo(mask, [], []).map((segment) => [segment.id, segment]));
  const known = new Set(categories.map((category) => category.id));
  for (const segment of segments) {
    const name = `segment ${segment.id} of ${stem}`;
    const seen = found.get(segment.id);
    if (!seen) throw new InvalidInputError(`${name} has no pixels, or is listed twice; expected it once, with pixels`);
    if (segment.id > maxSegmentId) throw new InvalidInputError(`${name}; expected ids from 1 to ${maxSegmentId}`);
    if (!known.has(segment.category_id)) {
      throw new InvalidInputError(`${name} has category ${segment.category_id}; expected one of the dataset's`);
    }
    if (segment.area !== seen.area || segment.bbox.some((value, i) => value !== seen.bbox[i])) {
      const [listed, real] = [segment, seen].map(({ area, bbox }) => `area ${area} and box ${bbox}`);
      throw new InvalidInputError(`${name} has ${listed}; expected ${real}, as its pixels have`);
    }
    found.delete(segment.id);
  }
  if (found.size > 0) {
    throw new InvalidInputError(`the mask of ${stem} holds ids ${[...found.keys()].slice(0, 5)} that no segment has`);
  }
}

/** Control characters may end lines of lists, and no file system allows all of them; to some a backslash is a slash. */
function checkStem(stem: string, id: number): void {
  const name = `stem ${JSON.stringify(stem)} of image ${id}`;
  const [bad] = /[\p{Cc}\u2028\u2029\\]/u.exec(stem) ?? [];
  if (bad !== undefined) {
    throw new InvalidInputError(`${name} has ${named(bad)}; expected a file name without one`);
  }
  if (stem.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw new InvalidInputError(`${name}; expected a relative path without . or ..`);
  }
}

function named(character: string): string {
  if (/[\n\r\u0085\u2028\u2029]/.test(character)) return 'a line break';
  if (character === '\t') return 'a tab';
  return character === '\\' ? 'a backslash' : 'a control character';
}
