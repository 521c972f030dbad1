/** Images and known masks that a COCO document lists. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError } from '@saltworks/core/errors';
import { type CocoAnnotation, instancesMask } from '@saltworks/core/formats/coco-instances';
import { parseJson } from '@saltworks/core/formats/json';
import { encodePanopticPng } from '@saltworks/core/formats/panoptic-png';
import type { Category } from '@saltworks/core/mask';
import { type KnownMask, type Offer, otherSize, type Remark, type Size, type SourceFile } from './import.ts';
import { fileSource } from './sources.ts';
import type { TruthSegment } from './truth.ts';

interface CocoDocument {
  images: { id: number; file_name: string; width?: number | null; height?: number | null }[];
  annotations?: (CocoAnnotation & { file_name?: string; segments_info?: TruthSegment[] })[];
  categories?: { id: number; name: string; isthing?: number }[];
}

/**
 * The images that a COCO document lists, with their known masks: panoptic ones, else those that its instances make up.
 * Files are looked for beside the document: images there or in `images/`, panoptic PNGs in the folder of the document's
 * own name.
 *
 * @throws InvalidInputError if this is no COCO document
 */
export async function cocoSource(path: string): Promise<{ files: AsyncGenerator<Offer>; categories: Category[] }> {
  const { images, annotations = [], categories: listed = [] } = await readCoco(path);
  const categories = listed.map(({ id, name, isthing }): Category => ({ id, name, isthing: isthing === 0 ? 0 : 1 }));
  const folder = dirname(path);
  const masks = join(folder, basename(path).replace(/\.json$/i, ''));
  const known = new Set<unknown>(categories.map(({ id }) => id));
  const of = new Map<unknown, typeof annotations>();
  for (const annotation of annotations) {
    const own = of.get(annotation.image_id);
    if (own) own.push(annotation);
    else of.set(annotation.image_id, [annotation]);
  }

  const panoptic = ({ file_name: png, segments_info = [] }: (typeof annotations)[number]): SourceFile['truth'] => {
    if (!isBelow(png)) return undefined;
    return async (): Promise<KnownMask> => {
      const found = await firstFile(spellings(png).map((name) => join(masks, name)));
      const segments = segments_info.filter(({ category_id }) => known.has(category_id));
      const notes = segments_info
        .filter((segment) => !segments.includes(segment))
        .map(({ id, category_id }) => unknownCategory(`segment ${id}`, category_id));
      return { png: await readFile(found ?? join(masks, png)), segments, categories, notes };
    };
  };

  const instances =
    (own: CocoAnnotation[], { width, height }: CocoDocument['images'][number]): SourceFile['truth'] =>
    async (size): Promise<KnownMask> => {
      const said = width && height ? { width, height } : undefined;
      const whole = size ?? said;
      if (!whole) return { notes: ['its size is not known; its known mask is not taken'] };
      if (said && !isSame(said, whole)) return { notes: [otherSize('the document says', said, whole)] };
      const { mask, segments, notes } = instancesMask(own, whole, known);
      return segments.length > 0 ? { png: encodePanopticPng(mask), segments, categories, notes } : { notes };
    };

  async function* files(): AsyncGenerator<Offer> {
    for (const image of images) {
      const { id, file_name: name } = image;
      const found = await findFile(folder, name);
      if (!found) {
        const missing = new InvalidInputError(`${name}: no such file beside ${basename(path)} or in images/`);
        yield { name, version: 'missing', read: () => Promise.reject(missing) };
        continue;
      }
      const file = await fileSource(found.path, found.name);
      const own = of.get(id) ?? [];
      const whole = own.find(({ segments_info }) => segments_info);
      if (whole) yield { ...file, truth: panoptic(whole) };
      else if (own.length === 0) yield file;
      // Drawn anew they are looked at, though the image is the same.
      else yield { ...file, version: `${file.version} ${hash(own)}`, truth: instances(own, image) };
    }
    yield* strays(basename(path), annotations, new Set<unknown>(images.map(({ id }) => id)));
  }
  return { files: files(), categories };
}

/** Annotations of images that the document does not list. */
function* strays(document: string, annotations: CocoAnnotation[], images: ReadonlySet<unknown>): Generator<Remark> {
  for (const { id, image_id } of annotations) {
    if (images.has(image_id)) continue;
    const name = id === undefined ? 'an annotation' : `annotation ${JSON.stringify(id)}`;
    yield { name: document, note: `${name} is of image ${JSON.stringify(image_id)}, which is not in the document` };
  }
}

const unknownCategory = (of: string, category: unknown) =>
  `${of} has category ${JSON.stringify(category)}, which is not in the document; it is left out`;

const isSame = (a: Size, b: Size) => a.width === b.width && a.height === b.height;

const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

async function readCoco(path: string): Promise<CocoDocument> {
  let document: CocoDocument;
  try {
    document = parseJson<CocoDocument>(await readFile(path));
  } catch (error) {
    throw new InvalidInputError(`${path}: ${(error as Error).message}; expected a COCO document`);
  }
  const { images, annotations = [], categories = [] } = document ?? {};
  if (![images, annotations, categories].every(isListOfObjects)) {
    throw new InvalidInputError(`${path}: expected a COCO document with images, annotations and categories`);
  }
  const bad = images.find(({ file_name }) => !isBelow(file_name));
  if (bad) {
    throw new InvalidInputError(
      `${path}: file_name ${JSON.stringify(bad.file_name)}; expected a COCO document whose images lie below it`,
    );
  }
  return document;
}

const isListOfObjects = (value: unknown) =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null);

/** A relative path that stays below its folder, whichever system wrote it. */
function isBelow(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && !/^[\\/]/.test(name) && !name.split(/[\\/]/).includes('..');
}

/** A path as it is, and as Windows means it: its separators are letters of names elsewhere. */
const spellings = (name: string) => (name.includes('\\') ? [name, name.replaceAll('\\', '/')] : [name]);

async function findFile(folder: string, name: string): Promise<{ path: string; name: string } | undefined> {
  for (const spelling of spellings(name)) {
    const path = await firstFile([join(folder, spelling), join(folder, 'images', spelling)]);
    if (path) return { path, name: spelling };
  }
  return undefined;
}

async function firstFile(paths: string[]): Promise<string | undefined> {
  for (const path of paths) if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  return undefined;
}
