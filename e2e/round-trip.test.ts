// Random folders like those that people have: every image with scribbles is in every export once, or is named with a reason;
// and each format's own reader finds the masks.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { decodeImage, encodePng } from '@saltworks/backbone/image/decode';
import type { Category } from '@saltworks/contract/categories';
import type { MaskDocument } from '@saltworks/contract/documents/masks';
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { exportFilesPrefix, exportPlanKey, maskKey } from '@saltworks/contract/layout';
import { exportFormats } from '@saltworks/core/formats/export';
import { distinctNames, orderedCategories } from '@saltworks/core/formats/exporter';
import { Stems } from '@saltworks/core/formats/stems';
import { decodePanoptic, findCategory } from '@saltworks/core/mask/mask';
import { readDataset, readImages } from '@saltworks/store/datasets/dataset';
import { readFailures } from '@saltworks/store/datasets/failures';
import { Fingerprints } from '@saltworks/store/datasets/fingerprints';
import { cocoSource } from '@saltworks/store/import/coco-source';
import { importDataset } from '@saltworks/store/import/import';
import { importScribbles, notePictures } from '@saltworks/store/import/import-scribbles';
import type { Offer } from '@saltworks/store/import/offers';
import { folderSource } from '@saltworks/store/import/sources';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { exportShard, finishExport, prepareExport } from '@saltworks/worker/export';
import { extractShard } from '@saltworks/worker/extract';
import { lookAt } from '@saltworks/worker/pictures';
import { propagateShard, recipeOf } from '@saltworks/worker/propagate';
import { readMasks } from '@saltworks/worker/shard-masks';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { height, openEngine, picture, pulse, removeEngine, width } from '../packages/worker/test/engine.ts';
import { readings } from '../packages/worker/test/export-readings.ts';
import { python } from '../test/python-packages.ts';
import { readers } from './readers.ts';
import { root } from './saltworks.ts';

const extract = { backbone: 'dinov2-small-focus', facet: 'key' } as const;
const settings = { extract, preset: 'paper', solve: {} } as const;
const { recipe } = recipeOf(settings);
const formats = Object.keys(exportFormats) as ExportFormat[];

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-round-trip-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const write = (path: string, content: Uint8Array | string) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};

// ——— Inputs ———

const parts = ['a', 'b', 'A.b', 'x y', 'ü', 'ünï 🙂', "it's", '#1', '%20', 'images', 'labels', 'l'.repeat(120)];
const folders = ['', 'sub', 'images', 'images/train', 'x/images/y', 'a.b'];

/** A scribble file, named by the image's whole name or its stem; some are unreadable. */
const drawing = fc.record({
  by: fc.constantFrom('name', 'stem'),
  kind: fc.constantFrom('json', 'json', 'json', 'png', 'png', 'broken'),
  categories: fc.array(
    fc.record({ category: fc.constantFrom('cat', 'dog', 'naïve "boat"', 'background'), isthing: fc.boolean() }),
    { minLength: 1, maxLength: 3 },
  ),
  at: fc.array(fc.tuple(fc.nat(width - 1), fc.nat(height - 1)), { minLength: 4, maxLength: 4 }),
});
type Drawing = typeof drawing extends fc.Arbitrary<infer T> ? T : never;

const file = fc.record({
  folder: fc.constantFrom(...folders),
  stem: fc.constantFrom(...parts),
  extension: fc.constantFrom('.png', '.PNG', '.jpg', '.jpeg', '.webp', '.tif'),
  // Few, so that some occur twice.
  shade: fc.nat(5),
  broken: fc.constantFrom(false, false, false, false, true),
  /** The image that was in its place at the first import. */
  before: fc.option(fc.nat(5), { freq: 1, nil: undefined }),
  drawing: fc.option(drawing, { freq: 3, nil: undefined }),
});
type File = typeof file extends fc.Arbitrary<infer T> ? T : never;

const nameOf = ({ folder, stem, extension }: File) => `${folder && `${folder}/`}${stem}${extension}`;
const anyFolder = fc.uniqueArray(file, { minLength: 1, maxLength: 7, selector: nameOf });

/** A COCO document that lists such a folder. */
const anyDocument = fc.record({
  /** The document's place, relative to the images. */
  at: fc.constantFrom('list.json', '../list.json', '../annotations/list.json'),
  /** Prefix of the images' names. */
  before: fc.array(fc.constantFrom('', './', './/', 'none/../'), { minLength: 1 }),
  firstId: fc.constantFrom<number | string>(0, 1, 7, '3'),
  /** Segments of the known masks. */
  known: fc.boolean(),
});
type Document = typeof anyDocument extends fc.Arbitrary<infer T> ? T : never;

/** @returns its path */
function layDocument({ at, before, firstId, known }: Document, files: readonly File[], images: string): string {
  const names = files.map((one, i) => before[i % before.length] + nameOf(one));
  const document = {
    images: names.map((file_name, id) => ({ id, file_name, width, height })),
    categories: ['cat', 'dog'].map((name, i) => ({
      id: typeof firstId === 'string' ? String(+firstId + i) : firstId + i,
      name,
    })),
    annotations: known
      ? names.map((_, id) => ({ id, image_id: id, category_id: firstId, segmentation: [[2, 2, 20, 2, 20, 20, 2, 20]] }))
      : [],
  };
  const path = join(images, at);
  write(path, JSON.stringify(document));
  return path;
}

async function bytesOf({ extension, shade, broken }: File): Promise<Uint8Array> {
  const png = await picture(10 * shade);
  if (broken) return png.slice(0, png.length / 2);
  const made = sharp(png);
  switch (extension.toLowerCase()) {
    case '.png':
      return png;
    case '.webp':
      return made.webp({ lossless: true }).toBuffer();
    case '.tif':
      return made.tiff({ compression: 'deflate' }).toBuffer();
    default:
      return made.jpeg().toBuffer();
  }
}

async function drawingFile({ kind, categories, at }: Drawing): Promise<[extension: string, Uint8Array | string]> {
  if (kind === 'png') {
    const labels = new Uint8Array(width * height);
    at.forEach(([x, y], i) => {
      labels[y * width + x] = 1 + (i % 3);
    });
    return ['.png', await encodePng(labels, { width, height, channels: 1 })];
  }
  const segments = categories.map((segment, i) => ({ id: 3 * i + 1, ...segment }));
  const strokes = at.map((point, i) => ({
    segment: i === 0 ? 0 : segments[i % segments.length].id,
    points: [point],
    radius: 1,
  }));
  const text = JSON.stringify({ version: 1, image: { width, height }, segments, strokes });
  return ['.json', kind === 'broken' ? text.slice(0, 20) : text];
}

/** Writes images. @param before the images of the first import */
async function layPictures(files: readonly File[], images: string, before = false): Promise<void> {
  for (const one of files) {
    const shade = before ? (one.before ?? one.shade) : one.shade;
    write(join(images, nameOf(one)), await bytesOf({ ...one, shade }));
  }
}

/** Writes scribble files. @returns names of the images that have scribbles, by the rules in docs/inputs.md */
async function layDrawings(files: readonly File[], scribbles: string): Promise<string[]> {
  const drawings = new Set<string>();
  for (const one of files) {
    const name = nameOf(one);
    if (!one.drawing) continue;
    const [extension, content] = await drawingFile(one.drawing);
    const path = `${one.drawing.by === 'name' ? name : name.slice(0, -one.extension.length)}${extension}`;
    write(join(scribbles, path), content);
    drawings.add(path);
  }
  const stem = (name: string) => name.replace(/\.\w+$/, '');
  return files
    .map(nameOf)
    .filter((name) => [name, stem(name)].some((of) => drawings.has(`${of}.json`) || drawings.has(`${of}.png`)));
}

// ——— Outcomes ———

interface Exported {
  folder: string;
  /** Names of the images that a format's reader finds, by format. */
  found: Record<ExportFormat, string[]>;
  /** Names of the images that were left out, each with a reason. */
  reasons: { name: string; reason: string }[];
}

/** Imports a folder, changes it, and imports it again with its scribbles. */
async function through(
  source: () => AsyncIterable<Offer>,
  scribbles: string,
  change: () => Promise<void>,
): Promise<Exported> {
  const engine = openEngine();
  const { store } = engine;
  const { signal } = new AbortController();
  const dataset = 'any';
  try {
    const options = { source: 'test', look: lookAt({ maxPixels: 1e6 }) };
    await importDataset(store, dataset, source(), options);
    await change();
    const pictures = new Fingerprints();
    const report = await importDataset(store, dataset, notePictures(source(), pictures), options);
    const reasons = [...report.failed, ...report.notes.map(({ name, note }) => ({ name, reason: note }))];
    await importScribbles(store, report.dataset, scribbles, {
      pictures,
      onNote: ({ name, note }) => reasons.push({ name, reason: note }),
    });
    const { shards } = await readDataset(store, dataset);
    for (let shard = 0; shard < shards; shard++) {
      await extractShard(engine, { dataset, shard, extract }, pulse());
      await propagateShard(engine, { dataset, shard, ...settings }, pulse());
    }
    const folder = mkdtempSync(join(scratch, 'export-'));
    const names: string[] = [];
    for await (const image of readImages(store, await readDataset(store, dataset)))
      names.push(...image.names.map(({ name }) => name));
    const found = Object.fromEntries(formats.map((format) => [format, [] as string[]])) as Exported['found'];
    const masks = await masksOf(store, dataset, shards);
    if (masks.length > 0) {
      for (const format of formats) {
        const { id } = await prepareExport(store, { dataset, recipe, format }, signal);
        for (let shard = 0; shard < shards; shard++)
          await exportShard(engine, { dataset, shard, recipe, format, id }, pulse());
        await finishExport(store, { dataset, format, id }, signal);
        const at = exportFilesPrefix(dataset, id);
        for await (const { key } of store.list(at))
          write(join(folder, format, key.slice(at.length)), await store.get(key));
        found[format] = foundBy(format, join(folder, format), names);
        if (format === 'coco-panoptic') {
          const plan = JSON.parse(Buffer.from(await store.get(exportPlanKey(dataset, id))).toString());
          write(join(folder, 'truth.json'), JSON.stringify(await truthOf(dataset, plan.categories, masks, names)));
        }
      }
    }
    for await (const { name, reason } of readFailures(store, await readDataset(store, dataset)))
      reasons.push({ name, reason });
    return { folder, found, reasons };
  } finally {
    removeEngine(engine);
  }
}

interface StoredMask {
  id: number;
  name: string;
  png: Uint8Array;
  document: MaskDocument;
}

/** The masks, in the order of their images. */
async function masksOf(store: ObjectStore, dataset: string, shards: number): Promise<StoredMask[]> {
  const masks: StoredMask[] = [];
  for (let shard = 0; shard < shards; shard++) {
    const report = await readMasks(store, { dataset, recipe, shard });
    for (const { id, name, mask } of report?.masks ?? []) {
      const document = JSON.parse(Buffer.from(await store.get(maskKey(mask, '.json'))).toString());
      masks.push({ id, name, document, png: await store.get(maskKey(mask, '.png')) });
    }
  }
  return masks;
}

/** The masks that readers.py compares an export with. */
async function truthOf(name: string, categories: Category[], masks: readonly StoredMask[], names: readonly string[]) {
  const stems = new Stems();
  for (const name of names) stems.add(name);
  const ordered = orderedCategories({ name, date: '', categories });
  const [called, voc] = [distinctNames(ordered), distinctNames(ordered, ['background'])];
  const images = masks.map(async ({ id, name, png, document }) => {
    const { ids, width, height } = decodePanoptic(await decodeImage(png, { maxPixels: 1e6 }));
    const segments = document.segments_info.map((segment) => {
      const own = document.categories.find(({ id }) => id === segment.category_id)!;
      return { ...segment, category_id: findCategory(categories, own)!.id };
    });
    return { id, stem: stems.of(name), width, height, segments, ids: [...ids] };
  });
  return {
    name,
    categories: ordered.map(({ id, isthing }, i) => ({ id, isthing, name: called[i], voc: voc[i] })),
    images: await Promise.all(images),
  };
}

/** Names of the images for which a format's reader finds labels in an exported folder. */
function foundBy(format: ExportFormat, folder: string, names: readonly string[]): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return readings[format].pictures(
    new Map(paths.map((path) => [relative(folder, path), readFileSync(path, 'utf8')])),
    names,
  );
}

// ——— Claims ———

const exports: string[] = [];
const seed = 20261129;

async function check(source: (images: string) => () => AsyncIterable<Offer>, files: readonly File[]): Promise<void> {
  const place = mkdtempSync(join(scratch, 'folder-'));
  const [images, scribbles] = [join(place, 'images'), join(place, 'scribbles')];
  mkdirSync(images);
  mkdirSync(scribbles);
  await layPictures(files, images, true);
  const drawn = await layDrawings(files, scribbles);
  const { folder, found, reasons } = await through(source(images), scribbles, () => layPictures(files, images));
  for (const format of formats) {
    expect(new Set(found[format]).size, format).toBe(found[format].length);
    for (const name of drawn) {
      const told = reasons.some((one) => one.name === name || one.reason.includes(name));
      expect(found[format].includes(name) || told, `${name} in ${format}`).toBe(true);
    }
  }
  if (found.voc.length > 0) exports.push(folder);
}

test('every image of a folder that has scribbles is in every export once, or named with a reason', async () => {
  const property = fc.asyncProperty(anyFolder, (files) => check((images) => () => folderSource(images), files));
  await fc.assert(property, { numRuns: 30, seed, endOnFailure: true });
});

test('every image of a COCO document that has scribbles is in every export once, or named with a reason', async () => {
  const property = fc.asyncProperty(anyFolder, anyDocument, (files, document) =>
    check((images) => {
      const path = layDocument(document, files, images);
      return () => offersOf(path);
    }, files),
  );
  await fc.assert(property, { numRuns: 30, seed, endOnFailure: true });
});

async function* offersOf(path: string): AsyncGenerator<Offer> {
  yield* (await cocoSource(path)).files;
}

test('the readers of the formats find these masks', (context) => {
  const { folder, missing } = readers();
  if (missing) context.skip(missing);
  expect(exports.length).toBeGreaterThan(10);
  const env = { ...process.env, PYTHONPATH: folder };
  const run = spawnSync(python, [join(root, 'e2e/readers.py'), ...exports], { env, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.stdout.trim().split('\n')).toHaveLength(exports.length);
});
