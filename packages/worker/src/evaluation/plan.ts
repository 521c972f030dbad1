/** An evaluation of a dataset, planned: its images with known masks and strokes, which of their segments count. */

import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { NamedImage } from '@saltworks/contract/documents/dataset';
import type { DatasetEvaluation, EvaluatedImage, ProtocolName } from '@saltworks/contract/documents/evaluations';
import type { Truth } from '@saltworks/contract/documents/truth';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  allScribblesPrefix,
  parseScribblesKey,
  type ScribblesExtension,
  truthKey,
  truthPrefix,
} from '@saltworks/contract/layout';
import { Stems } from '@saltworks/core/formats/stems';
import { countingOf } from '@saltworks/lab/dataset/counting';
import { type PanopticSegment, parseSegments } from '@saltworks/lab/dataset/document';
import { isFor, spread } from '@saltworks/lab/plan';
import { protocolOf } from '@saltworks/lab/protocols/list';
import { keepStrokes } from '@saltworks/store/builds/strokes';
import { readDataset, readImages } from '@saltworks/store/datasets/dataset';
import { Fingerprints } from '@saltworks/store/datasets/fingerprints';
import { readIdentifiedTruth } from '@saltworks/store/datasets/truth';
import { writeEvaluation } from '@saltworks/store/evaluations/evaluations';
import { Folder } from '@saltworks/store/import/folder';
import { findScribbles } from '@saltworks/store/import/import-scribbles';
import { inOrder } from '@saltworks/store/in-order';
import type { ObjectStore } from '@saltworks/store/objects/store';

/** Calls to the store side by side. */
const atOnce = 16;

export type EvaluationRequest = Omit<
  DatasetEvaluation,
  'version' | 'id' | 'images' | 'parts' | 'lines' | 'left_out'
> & {
  /** Most images, evenly spread over their names. */
  limit?: number;
  /** A folder of strokes in place of the dataset's own, or `simulated`: a robot draws. */
  scribbles?: string;
};

/** An image with a known mask. */
interface Known {
  image: NamedImage;
  name: string;
  id: string;
  truth: Truth;
  segments: PanopticSegment[];
  /** Pixels; undefined if the mask is no PNG. */
  size: number | undefined;
}

/**
 * Plans an evaluation, and writes it. The same images with the same masks, strokes and settings are the same evaluation.
 *
 * @param onProgress called with images that are read
 * @throws InvalidInputError if there is no such dataset, or no image of it can be used
 */
export async function planEvaluation(
  store: ObjectStore,
  { limit, scribbles, ...settings }: EvaluationRequest,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?(done: number): void } = {},
): Promise<DatasetEvaluation> {
  const { dataset, protocols } = settings;
  const { known, leftOut } = await knownImages(store, dataset, { signal, onProgress });
  const findStrokes = await strokesOf(store, dataset, scribbles, signal);
  const drawn = await Promise.all(known.map(async (one) => ({ ...one, strokes: await findStrokes(one.image) })));
  const isTaken = ({ strokes }: (typeof drawn)[number]) =>
    protocols.some((name: ProtocolName) => isFor(protocolOf(name), strokes !== undefined));
  const left = [
    ...leftOut,
    ...drawn.filter((one) => !isTaken(one)).map(({ name }) => ({ name, reason: 'no strokes' })),
  ];
  const chosen = spread(drawn.filter(isTaken), limit);
  if (chosen.length === 0) throw new InvalidInputError(whyNone(dataset, known.length));
  const counting = countingsOf(known);
  const images: EvaluatedImage[] = [];
  for await (const image of inOrder(chosen.entries(), atOnce, async ([at, { image, strokes, ...one }]) => ({
    ...{ at, name: one.name, source: one.truth.source ?? '', sha256: image.sha256, object: image.object },
    ...{ known: one.id, counting: counting(image.sha256) },
    ...(strokes && { strokes: strokes === 'simulated' ? strokes : await kept(store, strokes, signal) }),
  }))) {
    images.push(image);
  }
  left.sort((a, b) => (a.name < b.name ? -1 : 1));
  return writeEvaluation(store, { ...settings, left_out: left }, images, { signal });
}

const whyNone = (dataset: string, known: number): string =>
  known === 0
    ? `no image of ${dataset} has a known mask; expected some that came with it (docs/inputs.md)`
    : `no image of ${dataset} with a known mask has strokes; expected some, or --scribbles simulated, or protocol corrections`;

/** Images with known masks, by name; images without are passed over. */
async function knownImages(
  store: ObjectStore,
  dataset: string,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?(done: number): void },
): Promise<{ known: Known[]; leftOut: { name: string; reason: string }[] }> {
  const document = await readDataset(store, dataset, { signal });
  const masks = new Fingerprints();
  for await (const { key } of store.list(truthPrefix(dataset), { signal })) {
    if (key.endsWith('.png')) masks.add(Buffer.from(parseScribblesKey(key).sha256, 'hex'));
  }
  const stems = new Stems();
  const images: NamedImage[] = [];
  for await (const image of readImages(store, document, { signal })) {
    stems.add(image.name);
    if (masks.has(Buffer.from(image.sha256, 'hex'))) images.push(image);
  }
  const known: Known[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  const read = async (image: NamedImage) => {
    const { sha256 } = image;
    const name = stems.of(image.name);
    const found = await readIdentifiedTruth(store, { dataset, sha256 }, { signal });
    if (!found) return undefined;
    try {
      const { truth, id } = found;
      const segments = parseSegments(`the known mask of ${name}`, truth.segments_info);
      return { image, name, id, truth, segments, size: await sizeOf(store, truthKey(dataset, sha256, '.png'), signal) };
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      leftOut.push({ name, reason: error.message });
      return undefined;
    }
  };
  let done = 0;
  for await (const one of inOrder(images, atOnce, read)) {
    onProgress?.(++done);
    if (one) known.push(one);
  }
  return { known: known.sort((a, b) => (a.name < b.name ? -1 : 1)), leftOut };
}

/** Pixels of a PNG, as its header says. */
async function sizeOf(store: ObjectStore, key: string, signal: AbortSignal | undefined): Promise<number | undefined> {
  const header = Buffer.from(await store.get(key, { range: { start: 0, end: 24 }, signal }));
  if (header.length < 24 || header.toString('latin1', 1, 4) !== 'PNG') return undefined;
  return header.readUInt32BE(16) * header.readUInt32BE(20);
}

/** Which segments of each image count. Categories are told apart by their names, since imports may number them differently. */
function countingsOf(known: readonly Known[]): (sha256: string) => EvaluatedImage['counting'] {
  const named = known.map(({ image: { sha256 }, truth, segments }) => {
    const names = new Map(truth.categories.map(({ id, name }) => [id, name]));
    const nameOf = (id: number | string) => names.get(Number(id)) ?? id;
    return {
      ...{ image_id: sha256, file_name: '' },
      segments_info: segments.map((segment) => ({ ...segment, category_id: nameOf(segment.category_id) })),
    };
  });
  const categories = new Map(known.flatMap(({ truth }) => truth.categories).map((each) => [each.name, each]));
  const sizes = new Map(known.map(({ image: { sha256 }, size }) => [sha256, size]));
  const counting = countingOf(
    {
      images: [],
      annotations: named,
      categories: [...categories.values()].map(({ name, isthing }) => ({ id: name, name, isthing })),
    },
    ({ image_id }) => sizes.get(String(image_id)),
  );
  const found = new Map(named.map((annotation) => [annotation.image_id, counting(annotation)]));
  return (sha256) => found.get(sha256)!;
}

/** Where an image's strokes are. */
type Strokes = { read(): Promise<Uint8Array>; extension: ScribblesExtension };

async function strokesOf(
  store: ObjectStore,
  dataset: string,
  scribbles: string | undefined,
  signal: AbortSignal | undefined,
): Promise<(image: NamedImage) => Promise<Strokes | 'simulated' | undefined>> {
  if (scribbles === 'simulated') return async () => scribbles;
  if (scribbles !== undefined) {
    const folder = new Folder(scribbles);
    return async ({ name }) => {
      const path = await findScribbles(folder, name, () => false);
      return path === undefined
        ? undefined
        : { read: () => readFile(path), extension: extname(path).toLowerCase() as ScribblesExtension };
    };
  }
  const stored = new Map<string, Strokes>();
  for await (const { key } of store.list(allScribblesPrefix(dataset), { signal })) {
    const { sha256, extension } = parseScribblesKey(key);
    stored.set(sha256, { read: () => store.get(key, { signal }), extension });
  }
  return async ({ sha256 }) => stored.get(sha256);
}

/** A copy that stays: a dataset's strokes may be imported anew. */
async function kept(store: ObjectStore, { read, extension }: Strokes, signal: AbortSignal | undefined) {
  return { sha256: await keepStrokes(store, await read(), extension, { signal }), extension };
}
