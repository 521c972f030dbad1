/** Runs protocols over a dataset in a folder. A run that was stopped resumes where it was; made again, it gives the same bytes. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { encodeLines, parseDocument } from '@saltworks/contract/documents/document';
import {
  type EvaluationPlan,
  type EvaluationRow,
  type EvaluationSummary,
  evaluationTimings,
} from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Preset } from '@saltworks/contract/options';
import { type ListedImage, listFolder, readCase } from './dataset/folder.ts';
import { readIfThere, writeWhole } from './files.ts';
import { inParallel } from './parallel.ts';
import type { PeerAccess } from './peers/peers.ts';
import { isFor, keepPlan, planOf, spread } from './plan.ts';
import { type CaseThreads, openCaseThreads, runProtocol } from './protocol-run.ts';
import type { Protocol, ProtocolSettings } from './protocols/protocol.ts';
import { readRows, writeResults, writeRows } from './results.ts';

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
  await keepPlan(out, plan);

  const pool = openCaseThreads(threads);
  const failures: EvaluationSummary['failures'] = [];
  try {
    for (const protocol of protocols) {
      const own = images.flatMap((image, at) => (isFor(protocol, isDrawn(image.listed)) ? [{ ...image, at }] : []));
      const without = images.length - own.length;
      if (without > 0) onNote?.(`${protocol.name}: ${without} images without strokes are passed over`);
      for (const { image, reason } of await finishProtocol({ ...options, protocol, settings, pool }, own)) {
        failures.push({ protocol: protocol.name, image, reason });
        onNote?.(`${image}: ${protocol.name} failed: ${reason}`);
      }
      signal?.throwIfAborted();
    }
  } finally {
    await pool.close();
  }
  await rm(join(out, 'parts'), { recursive: true, force: true });
  const listed = new Map(images.map(({ listed }) => [listed.name, listed]));
  return writeResults(out, { ...options, plan, failures, settings, find: async (name) => listed.get(name)! });
}

const isDrawn = ({ strokes, simulated }: ListedImage): boolean => strokes !== undefined || simulated === true;

/** Reads every image once: what is broken is found before anything is computed. */
async function planned(options: RunOptions): Promise<{ plan: EvaluationPlan; images: Planned[] }> {
  const { folder, protocols, spec, installed, preset, budget, bar, seed, code, limit, maxPixels, threads, signal } =
    options;
  const { name: dataset, images: listed, leftOut } = await listFolder(folder, options);
  const without = listed.filter((image) => !protocols.some((protocol) => isFor(protocol, isDrawn(image))));
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
  const settings = {
    ...{ code, dataset, protocols: protocols.map(({ name }) => name), backbone: spec.id, preset },
    backbones: protocols.some(({ name }) => name === 'backbones') ? installed.map(({ id }) => id) : [],
    ...{ budget, bar, seed, peers: options.peers?.names ?? [] },
  };
  const described = images.map(({ listed: { name, source }, sha256 }) => ({ name, source, sha256 }));
  return { plan: planOf(settings, described, left), images };
}

interface FinishedRun extends RunOptions {
  protocol: Protocol;
  settings: ProtocolSettings;
  pool: CaseThreads;
}

type Own = Planned & { at: number };

/**
 * Each image's rows are a file of their own until the protocol ends, so that nothing finished is lost.
 *
 * @returns images that failed
 */
async function finishProtocol(run: FinishedRun, images: readonly Own[]): Promise<{ image: string; reason: string }[]> {
  const { out, protocol, onProgress, onNote } = run;
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
  let done = images.length - todo.length;
  await runProtocol(
    { ...run, onKeys: (done, total) => onProgress?.('keys', done, total) },
    todo.map(({ listed }) => listed),
    async (found, at) => {
      const { name } = todo[at].listed;
      if ('rows' in found) {
        for (const line of found.notes) onNote?.(`${name}: ${line}`);
        await writeWhole(partOf(todo[at]), encodeLines(found.rows));
      } else failed.set(name, found.error.message.replaceAll('\n', ' '));
      onProgress?.(protocol.name, ++done, images.length);
    },
  );
  async function* lines() {
    for (const image of images) {
      yield (await readIfThere(partOf(image))) ?? encodeLines(finished.get(image.listed.name) ?? []);
    }
  }
  await writeRows(out, protocol.name, lines());
  await rm(parts, { recursive: true, force: true });
  await addSeconds(join(out, 'timings.json'), protocol, (performance.now() - began) / 1000);
  return images.flatMap(({ listed: { name } }) => {
    const reason = failed.get(name);
    return reason === undefined ? [] : [{ image: name, reason }];
  });
}

async function addSeconds(path: string, { name }: Protocol, more: number): Promise<void> {
  const text = await readIfThere(path);
  const { seconds } = text === undefined ? { seconds: {} as never } : parseDocument(path, text, evaluationTimings);
  const sum = Math.round(10 * ((seconds[name] ?? 0) + more)) / 10;
  await writeWhole(path, `${JSON.stringify({ version: 1, seconds: { ...seconds, [name]: sum } }, null, 1)}\n`);
}
