/** Runs protocols over a dataset. A run that was stopped resumes where it was; made again, it gives the same bytes. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { type ThreadPool, threadPool } from '@saltworks/backbone/threads/threads';
import { encodeLines, parseDocument, parseLines } from '@saltworks/contract/documents/document';
import {
  type EvaluationPlan,
  type EvaluationRow,
  type EvaluationSummary,
  evaluationPlan,
  evaluationRow,
  evaluationTimings,
} from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Preset } from '@saltworks/contract/options';
import type { CaseJob } from './case.worker.ts';
import { type ListedImage, listFolder, readCase } from './dataset/folder.ts';
import { summedUp } from './figures.ts';
import { readIfThere, writeWhole } from './files.ts';
import { cachedKeys, openExtractor } from './keys/cache.ts';
import type { PeerAccess } from './peers/peers.ts';
import type { Protocol, ProtocolSettings } from './protocols/protocol.ts';
import { rowsCsv } from './report/csv.ts';
import { reportPage } from './report/report.ts';
import { drawScenes, type Scene } from './report/scenes.ts';

export interface RunOptions {
  /** The dataset, the folder of its strokes if not its own, and the folder of results. */
  folder: string;
  scribbles?: string;
  out: string;
  protocols: readonly Protocol[];
  spec: BackboneSpec;
  /** Backbones whose models are here. */
  installed: readonly BackboneSpec[];
  preset: Preset;
  budget: number;
  bar: number;
  seed: number;
  /** Most images, evenly spread over their names. */
  limit?: number;
  /** Version of the code that makes masks. */
  code: number;
  /** The folder that keeps keys from one run to the next. */
  keys: string;
  maxPixels?: number;
  /** Images at a time. */
  threads: number;
  /** Other methods that are measured beside, with strokes. */
  peers?: PeerAccess;
  /** Aborting ends the run; what is finished stays. */
  signal?: AbortSignal;
  onProgress?(stage: string, done: number, total: number): void;
  /** Called with one line for each image that is left out, or fails. */
  onNote?(line: string): void;
}

/** An image of the plan. */
interface Planned {
  listed: ListedImage;
  sha256: string;
}

/** @throws InvalidInputError if the dataset cannot be used, or the folder of results holds another run */
export async function runEvaluation(options: RunOptions): Promise<EvaluationSummary> {
  const { out, protocols, signal, threads, onNote, spec, installed, preset, budget, bar, seed } = options;
  const settings: ProtocolSettings = { spec, installed, preset, budget, bar, seed };
  const { plan, images } = await planned(options);
  for (const { name, reason } of plan.left_out) onNote?.(`${name} is left out: ${reason}`);
  if (images.length === 0) throw new InvalidInputError(`no image of ${options.folder} can be used`);
  await expectSame(join(out, 'evaluation.json'), plan);

  const pool = threadPool<CaseJob, EvaluationRow[]>(new URL('./case.worker.js', import.meta.url), { threads });
  const failures: EvaluationSummary['failures'] = [];
  try {
    for (const protocol of protocols) {
      const own = images.flatMap((image, at) => (isFor(protocol, image.listed) ? [{ ...image, at }] : []));
      const without = images.length - own.length;
      if (without > 0) onNote?.(`${protocol.name}: ${without} images without strokes are passed over`);
      for (const { image, reason } of await runProtocol({ ...options, protocol, settings, pool }, own)) {
        failures.push({ protocol: protocol.name, image, reason });
        onNote?.(`${image}: ${protocol.name} failed: ${reason}`);
      }
      signal?.throwIfAborted();
    }
  } finally {
    await pool.close();
  }
  await rm(join(out, 'parts'), { recursive: true, force: true });
  const rows: EvaluationRow[] = [];
  for (const { name } of protocols) rows.push(...(await readRows(out, name)));
  const summary: EvaluationSummary = { version: 1, figures: summedUp(rows), failures };
  await writeWhole(join(out, 'summary.json'), `${JSON.stringify(summary, null, 1)}\n`);
  await writeWhole(join(out, 'report.csv'), rowsCsv(rows));
  const scenes = await pictured(rows, images, settings, options);
  await writeWhole(join(out, 'report.html'), reportPage({ plan, rows, summary, scenes }));
  return summary;
}

/** Pictures for the report. Keys that were removed since are extracted again. */
async function pictured(
  rows: readonly EvaluationRow[],
  images: readonly Planned[],
  settings: ProtocolSettings,
  { keys, maxPixels, signal, onProgress }: RunOptions,
): Promise<Scene[]> {
  const listed = new Map(images.map(({ listed }) => [listed.name, listed]));
  const extractor = openExtractor(keys, settings);
  let done = 0;
  const read = async (name: string, total: number) => {
    signal?.throwIfAborted();
    onProgress?.('pictures', ++done, total);
    const { case: one } = await readCase(listed.get(name)!, { maxPixels });
    await extractor.add(one, {});
    return { one, keys: (await cachedKeys(keys, settings, one, {}))! };
  };
  try {
    return await drawScenes(rows, read, settings);
  } finally {
    await extractor.close();
  }
}

const isFor = ({ fromNothing }: Protocol, { strokes }: ListedImage): boolean => fromNothing || strokes !== undefined;

const rowsFile = (out: string, protocol: string): string => join(out, 'rows', `${protocol}.jsonl`);

/** A protocol's rows; none before it has ended. */
export async function readRows(out: string, protocol: string): Promise<EvaluationRow[]> {
  const path = rowsFile(out, protocol);
  return parseLines(path, (await readIfThere(path)) ?? '', evaluationRow);
}

/** Reads every image once: what is broken is found before anything is computed. */
async function planned(options: RunOptions): Promise<{ plan: EvaluationPlan; images: Planned[] }> {
  const { folder, protocols, spec, installed, preset, budget, bar, seed, code, limit, maxPixels, threads, signal } =
    options;
  const { name: dataset, images: listed, leftOut } = await listFolder(folder, options);
  const without = listed.filter((image) => !protocols.some((protocol) => isFor(protocol, image)));
  const left = [...leftOut, ...without.map(({ name }) => ({ name, reason: 'no strokes' }))];
  const chosen = spread(
    listed.filter((image) => !without.includes(image)),
    limit,
  );
  const read: (Planned | undefined)[] = [];
  let done = 0;
  await inParallel(2 * threads, chosen, async (listed, at) => {
    signal?.throwIfAborted();
    try {
      const { sha256 } = await readCase(listed, { maxPixels });
      read[at] = { listed, sha256 };
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      left.push({ name: listed.name, reason: error.message });
    }
    options.onProgress?.('reading', ++done, chosen.length);
  });
  const images = read.filter((image) => image !== undefined);
  const plan: EvaluationPlan = {
    ...{ version: 1, code, dataset, protocols: protocols.map(({ name }) => name), backbone: spec.id, preset },
    backbones: protocols.some(({ name }) => name === 'backbones') ? installed.map(({ id }) => id) : [],
    ...{ budget, bar, seed, peers: options.peers?.names ?? [] },
    images: images.map(({ listed: { name, source }, sha256 }) => ({ name, source, sha256 })),
    left_out: left.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return { plan, images };
}

/** The middle one of each of `most` equal stretches. */
function spread<T>(values: readonly T[], most = values.length): T[] {
  const count = Math.min(most, values.length);
  return Array.from({ length: count }, (_, i) => values[Math.floor(((i + 0.5) * values.length) / count)]);
}

/** @throws InvalidInputError if the file is of another run */
async function expectSame(path: string, plan: EvaluationPlan): Promise<void> {
  const text = `${JSON.stringify(plan, null, 1)}\n`;
  const before = await readIfThere(path);
  if (before === text) return;
  if (before === undefined) return writeWhole(path, text);
  const other: Partial<EvaluationPlan> = { ...parseDocument(path, before, evaluationPlan) };
  const differs = (field: keyof EvaluationPlan) => JSON.stringify(other[field]) !== JSON.stringify(plan[field]);
  const [field] = (Object.keys(plan) as (keyof EvaluationPlan)[]).filter(differs);
  const values = [other[field], plan[field]].map((value) =>
    typeof value === 'object' ? `${value.length} ${field}` : `${field} ${value}`,
  );
  throw new InvalidInputError(
    `${path} is of another run (${values[0] === values[1] ? `other ${field}` : values.join(', now ')}); expected the same run, or another --out`,
  );
}

interface ProtocolRun extends RunOptions {
  protocol: Protocol;
  settings: ProtocolSettings;
  pool: ThreadPool<CaseJob, EvaluationRow[]>;
}

type Own = Planned & { at: number };

/**
 * Each image's rows are a file of their own until the protocol ends, so that nothing finished is lost.
 *
 * @returns images that failed
 */
async function runProtocol(run: ProtocolRun, images: readonly Own[]): Promise<{ image: string; reason: string }[]> {
  const { out, protocol, settings, pool, threads, signal } = run;
  const began = performance.now();
  const parts = join(out, 'parts', protocol.name);
  const partOf = ({ at }: Own) => join(parts, `${String(at).padStart(6, '0')}.jsonl`);
  const finished = new Map<string, EvaluationRow[]>();
  for (const row of await readRows(out, protocol.name)) {
    finished.set(row.image, [...(finished.get(row.image) ?? []), row]);
  }
  const missing = images.filter(({ listed }) => !finished.has(listed.name));
  const todo: Own[] = [];
  for (const image of missing) if ((await readIfThere(partOf(image))) === undefined) todo.push(image);
  if (missing.length === 0) return [];

  const failed = new Map<string, string>();
  await prepareKeys(run, todo, failed);
  let done = images.length - todo.length;
  await inParallel(threads, todo, async (image) => {
    const { listed } = image;
    signal?.throwIfAborted();
    if (!failed.has(listed.name)) {
      try {
        const { keys, maxPixels, peers } = run;
        const rows = await pool.run({ listed, protocol: protocol.name, settings, keys, maxPixels, peers }, { signal });
        await writeWhole(partOf(image), encodeLines(rows));
      } catch (error) {
        signal?.throwIfAborted();
        failed.set(listed.name, (error as Error).message.replaceAll('\n', ' '));
      }
    }
    run.onProgress?.(protocol.name, ++done, images.length);
  });
  async function* lines() {
    for (const image of images) {
      yield (await readIfThere(partOf(image))) ?? encodeLines(finished.get(image.listed.name) ?? []);
    }
  }
  await writeWhole(rowsFile(out, protocol.name), lines());
  await rm(parts, { recursive: true, force: true });
  await addSeconds(join(out, 'timings.json'), protocol, (performance.now() - began) / 1000);
  return images.flatMap(({ listed: { name } }) => {
    const reason = failed.get(name);
    return reason === undefined ? [] : [{ image: name, reason }];
  });
}

/** Extracts keys choice by choice, since opening a backbone takes a second. */
async function prepareKeys(
  { protocol, settings, keys, maxPixels, signal, onProgress }: ProtocolRun,
  images: readonly Own[],
  failed: Map<string, string>,
): Promise<void> {
  const choices = protocol.keys?.(settings) ?? [{}];
  const extractor = openExtractor(keys, settings);
  let done = 0;
  try {
    for (const choice of choices) {
      // One more than the cores keep busy: while one is in inference, others are decoded.
      await inParallel(3, images, async ({ listed }) => {
        signal?.throwIfAborted();
        onProgress?.('keys', ++done, choices.length * images.length);
        try {
          const { case: one } = await readCase(listed, { maxPixels });
          await extractor.add(one, choice);
        } catch (error) {
          if (!(error instanceof InvalidInputError)) throw error;
          failed.set(listed.name, error.message);
        }
      });
    }
  } finally {
    await extractor.close();
  }
}

async function addSeconds(path: string, { name }: Protocol, more: number): Promise<void> {
  const text = await readIfThere(path);
  const { seconds } = text === undefined ? { seconds: {} as never } : parseDocument(path, text, evaluationTimings);
  const sum = Math.round(10 * ((seconds[name] ?? 0) + more)) / 10;
  await writeWhole(path, `${JSON.stringify({ version: 1, seconds: { ...seconds, [name]: sum } }, null, 1)}\n`);
}

/** Several at a time, begun in order. The first error ends it. */
async function inParallel<T>(
  count: number,
  values: readonly T[],
  work: (value: T, at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let broken = false;
  const one = async () => {
    while (next < values.length && !broken) {
      const at = next++;
      try {
        await work(values[at], at);
      } catch (error) {
        broken = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(count, values.length) }, one));
  const first = ended.find((each) => each.status === 'rejected');
  if (first) throw first.reason;
}
