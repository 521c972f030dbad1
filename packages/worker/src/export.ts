/** Exports: a shard's masks as files and lines, then the documents over the whole dataset. */
import { createHash } from 'node:crypto';
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { Category } from '@saltworks/contract/categories';
import type { CalledClass } from '@saltworks/contract/documents/classes';
import {
  type ExportPlanDocument,
  type ExportSummary,
  exportPlan,
  wholeNames,
} from '@saltworks/contract/documents/exports';
import type { Lineage } from '@saltworks/contract/documents/key-sets';
import { maskDocument } from '@saltworks/contract/documents/masks';
import type { ShardReport } from '@saltworks/contract/documents/reports';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  buildOf,
  exportFileKey,
  exportFilesPrefix,
  exportLinesKey,
  exportPlanKey,
  exportReportKey,
  exportSummaryKey,
  maskKey,
  prelabelOf,
  wholeNamesKey,
} from '@saltworks/contract/layout';
import type {
  ExportPlan,
  ExportShardRequest,
  FinishExportRequest,
  PrepareExportRequest,
  Tally,
} from '@saltworks/contract/messages/activities';
import { exportFormats } from '@saltworks/core/formats/export';
import { documentText, type Exporter, type ExportFile } from '@saltworks/core/formats/exporter';
import { splitOf } from '@saltworks/core/formats/split';
import { type Names, Stems, withoutExtension } from '@saltworks/core/formats/stems';
import { decodePanoptic, findCategory } from '@saltworks/core/mask/mask';
import { numberClasses, readSchema, type WantedClass } from '@saltworks/store/datasets/classes';
import { readDataset, readImages, readShard } from '@saltworks/store/datasets/dataset';
import { Fingerprints } from '@saltworks/store/datasets/fingerprints';
import { lineageOf } from '@saltworks/store/datasets/key-sets';
import { readSelection } from '@saltworks/store/datasets/selections';
import { readDocument, readText } from '@saltworks/store/objects/documents';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/objects/store';
import { chunked } from './chunked.ts';
import type { ExtractDeps } from './extract.ts';
import { failureOf, type Pulse } from './shard.ts';
import { readMasks } from './shard-masks.ts';

/**
 * Settles the content of an export: its categories, numbered over all images, and its name, which is the hash of all
 * masks in it, so that an export never mixes masks of two states.
 *
 * @throws InvalidInputError if there are no masks, or the format cannot hold them
 */
export async function prepareExport(
  store: ObjectStore,
  { dataset, recipe, format, pictures: copied, split, schema: asked, selection }: PrepareExportRequest,
  signal: AbortSignal,
): Promise<ExportPlan> {
  if (!Object.hasOwn(exportFormats, format)) {
    throw new InvalidInputError(`format ${format}; expected one of ${Object.keys(exportFormats).join(', ')}`);
  }
  const described = await readDataset(store, dataset, { signal });
  const { shards, updated, categories: known } = described;
  const list = selection === undefined ? undefined : await readSelection(store, dataset, selection, { signal });
  const chosen = list && new Set(list.images);
  const drawn: WantedClass[] = [];
  const all = createHash('sha256').update(`${format} ${updated}`);
  let masks = 0;
  let first: string | undefined;
  let outside = 0;
  for (let shard = 0; shard < shards; shard++) {
    const report = await readMasks(store, { dataset, recipe, shard }, { signal, chosen });
    for (const { id, name, mask } of report?.masks ?? []) {
      first ??= mask;
      all.update(`${mask} ${id} ${name}\n`);
      if (!`/${name}`.includes('/images/')) outside++;
    }
    masks += report?.masks.length ?? 0;
    drawn.push(...(report?.categories ?? []).map(({ name, isthing }) => ({ name, isthing })));
  }
  if (masks === 0)
    throw new InvalidInputError(
      list
        ? `no masks of ${dataset} with these settings that ${list.filter.name} found; expected some`
        : `no masks of ${dataset} with these settings; expected some (saltworks propagate ${dataset})`,
    );
  const stems = new Stems(fewBytesEach);
  for await (const { names } of readImages(store, described, { signal })) for (const { name } of names) stems.add(name);
  // Names that all say images/ already are those of the dataset's own layout.
  const pictures = outside > 0 ? 'images' : '.';
  const build = buildOf(recipe);
  if (build !== undefined) all.update(`build ${build}`);
  const keys = first === undefined ? undefined : await keysOfMask(store, first, signal);
  const noted = await readSchema(store, { dataset, recipe }, { version: asked, signal });
  if (asked !== undefined && !noted) throw new InvalidInputError(`no version ${asked} of the classes was published`);
  const { version: schema, called = [], attributes } = noted ?? {};
  if (schema !== undefined) all.update(`schema ${schema}`);
  const planOf = (numbered: Category[]): ExportPlanDocument => {
    const { categories, named } = asCalled(numbered, called);
    const order = categories.map(({ id }) => id);
    return {
      version: 1,
      name: dataset,
      date: updated,
      categories,
      order,
      pictures,
      format,
      recipe,
      ...(copied && { copied }),
      ...(split && { split }),
      ...(keys && { keys }),
      ...(build !== undefined && { build }),
      ...(schema !== undefined && { schema }),
      ...(named.length > 0 && { named }),
      ...(attributes && { attributes }),
      ...(list && { selection: { id: selection as string, filter: list.filter.name, images: list.images.length } }),
      ...(prelabelOf(recipe) !== undefined && { origin: 'predicted' }),
    };
  };
  const check = (categories: Category[]) => void exportFormats[format](planOf(categories));
  const plan = planOf(await numberClasses(store, { dataset, recipe }, known, drawn, { check, signal }));
  all.update(JSON.stringify([plan.categories, pictures]));
  if (plan.named) all.update(JSON.stringify(plan.named));
  if (plan.attributes) all.update(JSON.stringify(plan.attributes));
  if (selection !== undefined) all.update(`selection ${selection}`);
  if (copied || split) all.update(JSON.stringify([copied === true, split ?? null]));
  const id = `${format}-${all.digest('hex').slice(0, 16)}`;
  for (let shard = 0; shard < shards; shard++) {
    const report = await readMasks(store, { dataset, recipe, shard }, { signal, chosen });
    const whole = (report?.masks ?? []).filter(({ name }) => stems.of(name) === name);
    if (whole.length === 0) continue;
    await store.put(wholeNamesKey(dataset, id, shard), JSON.stringify(whole.map(({ id }) => id)), { signal });
  }
  await store.put(exportPlanKey(dataset, id), JSON.stringify(plan), { signal });
  return { id };
}

/**
 * Categories as a version of a campaign's classes calls them. One that counts as another keeps its number, and has no segments.
 *
 * @returns also what masks call them where that differs, with their numbers
 */
function asCalled(numbered: readonly Category[], called: readonly CalledClass[]) {
  const of = new Map(called.map((each) => [each.id, each]));
  return {
    categories: numbered.map(({ id, name, isthing }): Category => ({ id, name: of.get(id)?.name ?? name, isthing })),
    named: numbered
      .filter(({ id }) => of.has(id))
      .map((category): Category => ({ ...category, id: of.get(category.id)?.merged ?? category.id })),
  };
}

/** What the keys behind a mask were made with, and so behind all masks of its set. */
async function keysOfMask(store: ObjectStore, mask: string, signal: AbortSignal): Promise<Lineage | undefined> {
  const document = await readDocument(store, maskKey(mask, '.json'), maskDocument, { signal });
  const { backbone } = document?.parameters ?? {};
  return document?.keys ?? (backbone === undefined ? undefined : lineageOf(store, backbone, { signal }));
}

/** A set of names by their hashes: there may be hundreds of millions. */
function fewBytesEach(): Names {
  const seen = new Fingerprints();
  const digest = (name: string) => createHash('sha256').update(name).digest();
  return { has: (name) => seen.has(digest(name)), add: (name) => seen.add(digest(name)) };
}

/** Writes the files of a shard's masks, and their lines of the documents. */
export async function exportShard(
  { store, readObject, maxPixels }: Pick<ExtractDeps, 'store' | 'readObject' | 'maxPixels'>,
  { dataset, shard, recipe, format, id }: ExportShardRequest,
  { beat, signal, attempt }: Pulse,
): Promise<Tally> {
  const plan = await readPlan(store, dataset, id, signal);
  const exporter = exportFormats[format](plan);
  const list = plan.selection && (await readSelection(store, dataset, plan.selection.id, { signal }));
  const chosen = list && new Set(list.images);
  const masks = await readMasks(store, { dataset, recipe, shard }, { signal, chosen });
  const whole = new Set(await readDocument(store, wholeNamesKey(dataset, id, shard), wholeNames, { signal }));
  const lines: Record<string, string[]> = {};
  const failures: ShardReport['failures'] = [];
  const { needs } = exporter;
  const placeOf = plan.copied ? exporter.picture : undefined;
  const objects =
    needs || placeOf
      ? new Map((await readShard(store, dataset, shard, { signal })).map(({ sha256, object }) => [sha256, object]))
      : undefined;
  const packs = new Packs(exporter, shard, ({ path, bytes }) =>
    putOnce(store, exportFileKey(dataset, id, path), bytes, signal),
  );
  let next = 0;
  for (const image of masks?.masks ?? []) {
    try {
      const { mask, document } = await readMask(store, image.mask, signal);
      const segments = document.segments_info.map((segment) => {
        const own = document.categories.find(({ id }) => id === segment.category_id);
        const found = own && (findCategory(plan.named ?? [], own) ?? findCategory(plan.categories, own));
        return { ...segment, category_id: found?.id ?? 0 };
      });
      const stem = whole.has(image.id) ? image.name : withoutExtension(image.name);
      const split = plan.split && splitOf(image.sha256, plan.split);
      const object = objects?.get(image.sha256);
      const bytes = object === undefined ? undefined : await readObject(object, signal);
      const picture = bytes && {
        bytes,
        ...(needs === 'pixels' && { pixels: await decodeImage(bytes, { maxPixels }) }),
      };
      const { attributes } = document;
      const one = { id: image.id, fileName: image.name, stem, split };
      const made = exporter.image({
        ...one,
        ...{ mask, segments, attributes, picture },
        origin: document.origin,
        corrected: document.corrected,
      });
      if (bytes && placeOf) made.files.push({ path: placeOf(one), bytes });
      if (made.row !== undefined) await packs.add(split, made.row, (bytes?.length ?? 0) + mask.ids.length / 8);
      for (const { path, bytes } of made.files) await putOnce(store, exportFileKey(dataset, id, path), bytes, signal);
      for (const [list, own] of Object.entries(made.lines)) {
        lines[list] ??= [];
        lines[list].push(...own);
      }
    } catch (error) {
      signal.throwIfAborted();
      failures.push(failureOf(image, error, attempt));
    }
    beat({ next: ++next, done: next });
  }
  await packs.finish();
  for (const [list, own] of Object.entries(lines)) {
    await store.put(exportLinesKey(dataset, id, list, shard), own.map((line) => `${line}\n`).join(''), { signal });
  }
  const images = masks?.masks.length ?? 0;
  // A mask that was missing from the same export before may be back.
  if (failures.length === 0) await store.delete(exportReportKey(dataset, id, shard), { signal });
  else {
    const report: ShardReport = { version: 1, images, failures };
    await store.put(exportReportKey(dataset, id, shard), JSON.stringify(report), { signal });
  }
  return { images, done: images - failures.length, cached: 0, failed: failures.length };
}

/** Bytes of rows that make a file of their own. */
const packBytes = 64e6;

/** Rows of a shard's images, packed into files of some size, for formats that want them. */
class Packs {
  readonly #exporter: Exporter;
  readonly #shard: number;
  readonly #write: (file: ExportFile) => Promise<void>;
  readonly #open = new Map<string | undefined, { rows: unknown[]; bytes: number; part: number }>();

  constructor(exporter: Exporter, shard: number, write: (file: ExportFile) => Promise<void>) {
    this.#exporter = exporter;
    this.#shard = shard;
    this.#write = write;
  }

  async add(split: string | undefined, row: unknown, bytes: number): Promise<void> {
    const pack = this.#open.get(split) ?? { rows: [], bytes: 0, part: 0 };
    this.#open.set(split, pack);
    pack.rows.push(row);
    pack.bytes += bytes;
    if (pack.bytes >= packBytes) await this.#close(split);
  }

  async finish(): Promise<void> {
    for (const split of this.#open.keys()) await this.#close(split);
  }

  async #close(split: string | undefined): Promise<void> {
    const pack = this.#open.get(split);
    if (!pack || pack.rows.length === 0 || !this.#exporter.pack) return;
    const { rows, part } = pack;
    await this.#write(this.#exporter.pack(rows, { split, shard: this.#shard, part }));
    this.#open.set(split, { rows: [], bytes: 0, part: part + 1 });
  }
}

/** Writes the documents, from the lines of all shards in order, in constant memory; then the summary. */
export async function finishExport(
  store: ObjectStore,
  { dataset, format, id }: FinishExportRequest,
  signal: AbortSignal,
): Promise<void> {
  const { shards } = await readDataset(store, dataset, { signal });
  const plan = await readPlan(store, dataset, id, signal);
  const exporter = exportFormats[format](plan);
  async function* lines(list: string): AsyncGenerator<string> {
    for (let shard = 0; shard < shards; shard++) {
      const text = await readText(store, exportLinesKey(dataset, id, list, shard), { signal });
      for (const line of text?.split('\n') ?? []) if (line !== '') yield line;
    }
  }
  for (const document of exporter.documents) {
    await store.putStream(exportFileKey(dataset, id, document.path), chunked(documentText(document, lines)), {
      signal,
    });
  }
  const made = new Date().toISOString();
  const { recipe, build, schema, selection } = plan;
  const summary: ExportSummary = {
    ...{ version: 1, format, recipe, ...(build !== undefined && { build }), ...(schema !== undefined && { schema }) },
    ...(selection && { selection }),
    ...{ made, files: 0, bytes: 0 },
  };
  for await (const { size } of store.list(exportFilesPrefix(dataset, id), { signal })) {
    summary.files++;
    summary.bytes += size;
  }
  await store.put(exportSummaryKey(dataset, id), JSON.stringify(summary), { signal });
}

/** A file of the export, unless it is there: a repeated shard writes the same bytes, another image of that name does not. */
async function putOnce(store: ObjectStore, key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (await store.putIfAbsent(key, bytes, { signal })) return;
  if (Buffer.compare(await store.get(key, { signal }), bytes) !== 0) {
    throw new InvalidInputError(`another image has the same name; expected names that differ`);
  }
}

async function readMask(store: ObjectStore, id: string, signal: AbortSignal) {
  const document = await readDocument(store, maskKey(id, '.json'), maskDocument, { signal });
  if (!document) throw new ObjectMissingError(maskKey(id, '.json'));
  const mask = decodePanoptic(await decodeImage(await store.get(maskKey(id, '.png'), { signal }), { maxPixels: 1e9 }));
  return { mask, document };
}

async function readPlan(
  store: ObjectStore,
  dataset: string,
  id: string,
  signal: AbortSignal,
): Promise<ExportPlanDocument> {
  const plan = await readDocument(store, exportPlanKey(dataset, id), exportPlan, { signal });
  if (!plan) throw new InvalidInputError(`no export ${id} of ${dataset}; expected one that was prepared`);
  return plan;
}
