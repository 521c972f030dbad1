/**
 * Datasets in folders: `images/`, `panoptic/` and `panoptic.json` in COCO's panoptic format, strokes in `scribbles/` and in
 * folders beside it whose names begin with `scribbles`.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { Counting } from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { Stems, withoutExtension } from '@saltworks/core/formats/stems';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { rasterise, type StrokeRaster } from '@saltworks/core/seeds/seeds';
import { relabelled } from '@saltworks/core/seeds/sheet';
import { scribble } from '../robots/scribbler.ts';
import type { Case } from './case.ts';
import { countingOf, truthOf } from './counting.ts';
import { type PanopticDocument, type PanopticSegment, parsePanoptic } from './document.ts';

/** An image that a dataset lists, before its files are read. Plain data, which may be sent to a thread. */
export interface ListedImage {
  /** Stem of the image's file below `images/`. */
  name: string;
  source: string;
  /** Paths of its files. */
  image: string;
  panoptic: string;
  /** Absent where nothing was drawn. */
  strokes?: string;
  /** Whether a robot draws them. */
  simulated?: true;
  segments: PanopticSegment[];
  counting: Counting;
  /** Of its segments, by id. */
  categories: [number | string, { name: string; isthing?: number | boolean }][];
}

export interface LeftOut {
  name: string;
  reason: string;
}

export interface ListedFolder {
  name: string;
  /** By name. */
  images: ListedImage[];
  leftOut: LeftOut[];
}

/**
 * Lists a dataset's images.
 *
 * @param scribbles the folder of strokes, if not those of the dataset; or `simulated`: a robot draws
 * @throws InvalidInputError if the folder is not laid out as a dataset
 */
export async function listFolder(folder: string, { scribbles }: { scribbles?: string } = {}): Promise<ListedFolder> {
  const document = parsePanoptic(join(folder, 'panoptic.json'), await documentOf(folder));
  const [images, panoptic] = await Promise.all(['images', 'panoptic'].map((each) => filesOf(join(folder, each))));
  const simulated = scribbles === 'simulated';
  const folders = simulated ? [] : scribbles === undefined ? await strokeFolders(folder) : [scribbles];
  const strokes = await Promise.all(folders.map(filesOf));

  const byId = new Map(document.images.map((image) => [image.id, image]));
  const categories = new Map(document.categories.map((category) => [category.id, category]));
  const sizeOf = ({ image_id }: PanopticDocument['annotations'][number]) => {
    const image = byId.get(image_id);
    return image?.width === undefined || image.height === undefined ? undefined : image.width * image.height;
  };
  const counting = countingOf(document, sizeOf);
  const annotated = new Map(document.annotations.map((annotation) => [annotation.image_id, annotation]));

  const listed: ListedImage[] = [];
  const leftOut: LeftOut[] = [];
  const stems = new Stems();
  for (const { file_name } of document.images) stems.add(file_name);
  const seen = new Set<string>();
  for (const { id, file_name, source = '' } of document.images) {
    const name = stems.of(file_name);
    if (seen.has(name)) {
      leftOut.push({ name, reason: 'listed twice in panoptic.json; the first entry is taken' });
      continue;
    }
    seen.add(name);
    const annotation = annotated.get(id);
    const image = find([images], [file_name, withoutExtension(file_name)]);
    const mask = annotation && find([panoptic], [annotation.file_name, withoutExtension(annotation.file_name)]);
    if (!annotation || !image || !mask) {
      const missing = !annotation
        ? 'annotation in panoptic.json'
        : !image
          ? `images/${file_name}`
          : `panoptic/${annotation.file_name}`;
      leftOut.push({ name, reason: `no ${missing}` });
      continue;
    }
    const drawn = find(
      strokes,
      [file_name, withoutExtension(file_name)].flatMap((stem) => [`${stem}.json`, `${stem}.png`]),
    );
    listed.push({
      ...{ name, source, image, panoptic: mask, ...(drawn !== undefined && { strokes: drawn }) },
      ...(simulated && { simulated }),
      ...listedSegments(annotation.segments_info, categories),
      counting: counting(annotation),
    });
  }
  const order = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  return { name: basename(resolve(folder)), images: listed.sort(order), leftOut: leftOut.sort(order) };
}

/** Segments and their categories as a case is read by. */
export function listedSegments(
  segments: readonly PanopticSegment[],
  categories: ReadonlyMap<number | string, { name: string; isthing?: number | boolean }>,
): Pick<ListedImage, 'segments' | 'categories'> {
  const used = [...new Set(segments.map(({ category_id }) => category_id))];
  return {
    segments: segments.map(({ id, category_id, area, iscrowd }) => ({ id, category_id, area, iscrowd })),
    categories: used.flatMap((id): ListedImage['categories'] => {
      const { name, isthing } = categories.get(id) ?? {};
      return name === undefined ? [] : [[id, { name, isthing }]];
    }),
  };
}

async function documentOf(folder: string): Promise<Uint8Array> {
  const path = join(folder, 'panoptic.json');
  return readFile(path).catch(() => {
    throw new InvalidInputError(`no file ${path}; expected a folder with images/, panoptic/ and panoptic.json`);
  });
}

/** `scribbles` first, then `scribbles_simulated` and the like, by name. */
async function strokeFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isFile() && /^scribbles([^a-z]|$)/.test(entry.name));
  return names
    .map(({ name }) => name)
    .sort()
    .map((name) => join(folder, name));
}

/** Files below a folder: paths by their names below it, and by their stems. A name that leads out of it is not among them. */
async function filesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw new InvalidInputError(`no folder ${folder}; expected one with files of a dataset`);
  });
  const files = new Map<string, string>();
  const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of names.sort()) {
    const name = path.slice(join(folder, sep).length).split(sep).join('/');
    files.set(name, path);
    const stem = withoutExtension(name);
    if (!files.has(stem)) files.set(stem, path);
  }
  return files;
}

function find(folders: readonly ReadonlyMap<string, string>[], names: readonly string[]): string | undefined {
  for (const files of folders) {
    for (const name of names) {
      const path = files.get(name);
      if (path !== undefined) return path;
    }
  }
  return undefined;
}

/** A case, and the hash of all files and lines that it was read from. */
export interface ReadCase {
  case: Case;
  sha256: string;
}

/**
 * Reads an image with its mask and strokes.
 *
 * @throws InvalidInputError if a file is unreadable or of another size, or no segment counts
 */
export async function readCase(listed: ListedImage, { maxPixels }: { maxPixels?: number } = {}): Promise<ReadCase> {
  const { name, source, segments, counting, categories } = listed;
  const bytes = await readFile(listed.image);
  const image = await about(listed.image, () => decodeImage(bytes, { maxPixels }));
  const mask = await readFile(listed.panoptic);
  const drawn = await about(listed.panoptic, async () => decodePanoptic(await decodeImage(mask, { maxPixels })));
  if (drawn.width !== image.width || drawn.height !== image.height) {
    throw new InvalidInputError(
      `a known mask of ${drawn.width} × ${drawn.height} pixels; expected the image's ${image.width} × ${image.height}`,
    );
  }
  const { background, ...truth } = truthOf(drawn, segments, counting, new Map(categories));
  if (!truth.truth.ids.some((id, i) => id !== 0 && !truth.ignore[i])) {
    throw new InvalidInputError(
      'no segment that counts; expected a thing of at least 0.5 % of the picture, or regions',
    );
  }
  const strokes = listed.strokes === undefined ? undefined : await readFile(listed.strokes);
  const robot = listed.simulated && scribble(truth.truth, truth.ignore, name);
  const raster = robot
    ? rasterise({ image, segments: [], strokes: robot })
    : strokes &&
      (await about(listed.strokes ?? '', async () =>
        onBackground(readScribbles(strokes, isPng(listed.strokes) ? '.png' : '.json', image).raster, background),
      ));
  const hash = createHash('sha256');
  for (const part of [
    bytes,
    mask,
    JSON.stringify([segments, counting, categories]),
    robot ? JSON.stringify(robot) : (strokes ?? ''),
  ]) {
    hash.update(createHash('sha256').update(part).digest());
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    case: { name, source, sha256, image, ...truth, ...(raster && { raster }) },
    sha256: hash.digest('hex'),
  };
}

const isPng = (path = '') => path.toLowerCase().endsWith('.png');

/** Strokes over segments that count as background are strokes of the background. */
const onBackground = (raster: StrokeRaster, background: ReadonlySet<number>): StrokeRaster =>
  relabelled(raster, (id) => (background.has(id) ? 0 : id));

/** Errors name the file, in its folder. */
async function about<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(`${path.split(sep).slice(-2).join('/')}: ${error.message}`);
  }
}
