/** Pictures of a folder with their labels as known masks, from another tool's files beside them. */
import { dirname } from 'node:path';
import type { Category } from '@saltworks/contract/categories';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { LabelFormat } from '@saltworks/contract/label-formats';
import { encodePanopticPng } from '@saltworks/core/formats/panoptic-png';
import { cocoSource } from './coco-source.ts';
import type { Labels, PictureLabels } from './labels/labels.ts';
import { chooseFormat, documentFormat, openLabels, picturesBeside, recognise, recognisedText } from './labels/list.ts';
import { isSameSize, type KnownMask, type Offer, otherSize, type Size } from './offers.ts';
import { folderSource } from './sources.ts';

export interface LabelSource {
  files: AsyncIterable<Offer>;
  categories: Category[];
  /** The format of a folder's labels: an import of the same folder takes them again. */
  labels?: LabelFormat;
  /** What was recognised, in words. */
  recognised: string;
}

/** Every file below a folder, and their names. */
async function listed(root: string, within?: string): Promise<{ offers: Offer[]; names: string[] }> {
  const offers: Offer[] = [];
  for await (const offer of folderSource(root, within)) offers.push(offer);
  const names = offers
    .filter((offer) => 'read' in offer || ('left' in offer && offer.left === 'other'))
    .map(({ name }) => name);
  return { offers, names };
}

/**
 * Opens a folder.
 *
 * @param format of its labels, or `auto` to recognise it
 * @param within a real path: no file outside of it is read
 * @throws InvalidInputError if it holds no labels of that format, or looks like several
 */
export async function labelledFolder(
  root: string,
  format: LabelFormat | 'auto',
  within?: string,
): Promise<LabelSource> {
  const { offers, names } = await listed(root, within);
  const chosen = await chooseFormat(root, names, format);
  const { document } = chosen;
  const recognised = recognisedText(chosen);
  if (chosen.format === 'coco')
    return { ...(await cocoSource(document as string, { within })), labels: 'coco', recognised };
  const labels = await openLabels[chosen.format]({ root, names, document });
  const files = offersOf(offers, labels);
  return { files, categories: labels.categories, labels: chosen.format, recognised };
}

/** Whether a folder looks like that of any labels. @param within as of `labelledFolder` */
export const looksLabelled = async (root: string, within?: string): Promise<boolean> =>
  (await recognise(root, (await listed(root, within)).names)).length > 0;

/**
 * Opens a document that holds the labels of a folder's pictures: CVAT's or Label Studio's.
 *
 * @param images the folder of the pictures. Default: `images/` beside the document, else its own
 * @returns undefined if it is neither
 */
export async function labelDocument(path: string, images?: string): Promise<LabelSource | undefined> {
  const format = await documentFormat(path);
  if (format === 'labelme')
    throw new InvalidInputError(
      `${path} is labelme's file of one picture; expected its folder (import ${dirname(path)} --labels labelme)`,
    );
  if (format !== 'cvat' && format !== 'label-studio') return undefined;
  const root = images ?? (await picturesBeside(path));
  const { offers, names } = await listed(root);
  const labels = await openLabels[format]({ root, names, document: path });
  return {
    files: offersOf(offers, labels),
    categories: labels.categories,
    recognised: recognisedText({ format, seen: path, document: path }),
  };
}

async function* offersOf(offers: readonly Offer[], labels: Labels): AsyncGenerator<Offer> {
  for (const offer of offers) {
    if (labels.isLabels(offer.name)) continue;
    if (!('read' in offer)) {
      yield offer;
      continue;
    }
    const own = await labels.of(offer.name);
    if (!own) yield offer;
    // Changed labels make a new version, although the picture's bytes are the same.
    else
      yield {
        ...offer,
        version: `${offer.version} ${own.version}`,
        truth: (size) => knownMask(own, labels.categories, size),
      };
  }
  yield* labels.remarks();
}

async function knownMask(
  { said, read }: PictureLabels,
  categories: Category[],
  size: Size | undefined,
): Promise<KnownMask> {
  if (!size) return { notes: ['its size is not known; its labels are not taken'] };
  if (said && !isSameSize(said, size)) {
    return { notes: [otherSize('its labels are for', said, size)] };
  }
  try {
    const { mask, segments, notes } = await read(size);
    // Boxes alone say nothing of pixels; an empty file says that there is nothing.
    if (segments.length === 0 && notes.length > 0) return { notes };
    return { png: encodePanopticPng(mask), segments, categories, notes };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { notes: [`its labels: ${error.message}; they are not taken`] };
  }
}
