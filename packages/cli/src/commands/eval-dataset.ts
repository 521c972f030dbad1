/** `saltworks eval DATASET`: protocols run by workers, results gathered into a folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeLines } from '@saltworks/contract/documents/document';
import type {
  DatasetEvaluation,
  EvaluatedImage,
  EvaluationPlan,
  EvaluationRow,
  EvaluationSummary,
  ProtocolName,
} from '@saltworks/contract/documents/evaluations';
import { keepKeys } from '@saltworks/lab/keys/cache';
import { type EvaluationSettings, expectSame, isFor, keepPlan, planOf } from '@saltworks/lab/plan';
import { protocolOf } from '@saltworks/lab/protocols/list';
import { writeResults, writeRows } from '@saltworks/lab/results';
import { evaluateDataset, runWindow } from '@saltworks/orchestrator/runs/start';
import { isFinal, readEvaluatedImages, readOutcome } from '@saltworks/store/evaluations/evaluations';
import { inOrder } from '@saltworks/store/in-order';
import { openStoreToWrite } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { readKeys } from '@saltworks/worker/cached-keys';
import { writeCase } from '@saltworks/worker/evaluation/case-files';
import { settingsOf } from '@saltworks/worker/evaluation/evaluate-images';
import { type EvaluationRequest, planEvaluation } from '@saltworks/worker/evaluation/plan';
import { keysSources } from '@saltworks/worker/keys-source';
import { objectReader } from '@saltworks/worker/objects';
import { chosenKeys } from '../backbones.ts';
import { fetchingOf } from '../fetching.ts';
import { makeFolder } from '../files.ts';
import { follow } from '../follow.ts';
import { interruption } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import type { Settings } from '../settings.ts';

export interface StoredEvaluation extends Omit<EvaluationRequest, 'extract'> {
  backbone: string;
  out: string;
  json: boolean;
}

/** Reads from the store side by side. */
const atOnce = 16;

/**
 * Plans an evaluation, follows the run that does it, and writes its results. Ctrl-C leaves the run to the workers.
 *
 * @throws InvalidInputError if no image can be used, or the folder of results holds another run
 */
export async function evaluateStored(
  { backbone, out, json, ...request }: StoredEvaluation,
  settings: Settings,
  { line, onNote }: { line: Progress; onNote(text: string): void },
): Promise<EvaluationSummary> {
  const store = await openStoreToWrite(settings.store, settings.s3);
  const extract = await chosenKeys({ backbone });
  const { code, dataset, protocols, preset, backbones, budget, bar, seed } = request;
  const asked: EvaluationSettings = {
    ...{ code, dataset, protocols, backbone: extract.backbone, preset, backbones },
    ...{ budget, bar, seed, peers: [] },
  };
  await makeFolder(out);
  await expectSame(out, asked);
  const evaluation = await planEvaluation(
    store,
    { ...request, extract },
    { signal: interruption, onProgress: (done) => line.show(`reading: ${done} known masks`) },
  );
  line.clear();
  for (const { name, reason } of evaluation.left_out) onNote(`${name} is left out: ${reason}`);
  const { id, images, parts } = evaluation;
  const evaluated = await evaluatedImages(store, evaluation);
  let found = await gather(store, evaluation, evaluated);
  if (!found) {
    await follow(dataset, json, (client) =>
      evaluateDataset(client, extract, { dataset, window: runWindow, evaluation: id, images, parts }),
    );
    found = await gather(store, evaluation, evaluated, { isOver: true });
  }
  if (!found) throw new Error(`what was found of ${dataset} is gone from the store; expected the same command again`);
  for (const text of found.notes) onNote(text);
  const plan = planOf(asked, found.images, found.leftOut);
  await keepPlan(out, plan);
  for (const [protocol, rows] of found.rows) await writeRows(out, protocol, encodeLines(rows));
  return writePictured(out, { ...found, plan, evaluation, evaluated }, store, settings, line);
}

interface Gathered {
  images: EvaluationPlan['images'];
  leftOut: EvaluationPlan['left_out'];
  rows: Map<ProtocolName, EvaluationRow[]>;
  failures: EvaluationSummary['failures'];
  /** A line for each image that is left out, or failed. */
  notes: string[];
}

/** The images of all parts. */
async function evaluatedImages(store: ObjectStore, evaluation: DatasetEvaluation): Promise<EvaluatedImage[]> {
  const all: EvaluatedImage[] = [];
  const read = (part: number) => readEvaluatedImages(store, evaluation, part, { signal: interruption });
  for await (const images of inOrder(Array(evaluation.parts).keys(), atOnce, read)) all.push(...images);
  return all;
}

/**
 * What workers found.
 *
 * @param isOver whether the run is: then failures count, even if they might pass
 * @returns undefined unless all of it is there
 */
async function gather(
  store: ObjectStore,
  evaluation: DatasetEvaluation,
  all: readonly EvaluatedImage[],
  { isOver = false } = {},
): Promise<Gathered | undefined> {
  const hashes = new Map<EvaluatedImage, string>();
  const unread = new Map<string, string>();
  const notes: string[] = [];
  const rows: Gathered['rows'] = new Map();
  const failures: Gathered['failures'] = [];
  for (const protocol of evaluation.protocols) {
    const own = all.filter(({ strokes }) => isFor(protocolOf(protocol), strokes !== undefined));
    if (own.length < all.length) {
      notes.push(`${protocol}: ${all.length - own.length} images without strokes are passed over`);
    }
    const found: EvaluationRow[] = [];
    const read = async (image: EvaluatedImage) =>
      [image, await readOutcome(store, evaluation, protocol, image, { signal: interruption })] as const;
    for await (const [image, outcome] of inOrder(own, atOnce, read)) {
      if (!outcome || !(isOver || isFinal(outcome))) return undefined;
      found.push(...outcome.rows);
      if (outcome.sha256 !== undefined) hashes.set(image, outcome.sha256);
      if (!outcome.failure) continue;
      const { reason } = outcome.failure;
      if (outcome.sha256 === undefined) {
        if (!unread.has(image.name)) notes.push(`${image.name} is left out: ${reason}`);
        unread.set(image.name, reason);
      } else {
        failures.push({ protocol, image: image.name, reason });
        notes.push(`${image.name}: ${protocol} failed: ${reason}`);
      }
    }
    rows.set(protocol, found);
  }
  return {
    images: all.flatMap((image) => {
      const sha256 = hashes.get(image);
      return sha256 === undefined ? [] : [{ name: image.name, source: image.source, sha256 }];
    }),
    leftOut: [...evaluation.left_out, ...[...unread].map(([name, reason]) => ({ name, reason }))],
    ...{ rows, failures, notes },
  };
}

/** The summary and the report, with pictures of images that the store is asked for again. */
async function writePictured(
  out: string,
  {
    plan,
    evaluation,
    failures,
    evaluated,
  }: {
    plan: EvaluationPlan;
    evaluation: DatasetEvaluation;
    failures: Gathered['failures'];
    evaluated: readonly EvaluatedImage[];
  },
  store: ObjectStore,
  settings: Settings,
  line: Progress,
): Promise<EvaluationSummary> {
  const { home, maxPixels } = settings;
  const sources = keysSources(fetchingOf(settings, store));
  const deps = { store, keys: sources, readObject: objectReader(store, settings.s3), maxPixels };
  await makeFolder(join(home, 'lab'));
  const folder = await mkdtemp(join(home, 'lab', 'pictures-'));
  const keys = join(folder, 'keys');
  try {
    const lab = await settingsOf(sources, evaluation);
    return await writeResults(out, {
      ...{ plan, failures, settings: lab, keys, maxPixels, signal: interruption },
      async find(name) {
        const image = evaluated.find((one) => one.name === name)!;
        const listed = await writeCase(deps, evaluation, image, folder, interruption);
        await keepKeys(keys, lab, image.sha256, {}, await readKeys(deps, image, evaluation.extract, interruption));
        return listed;
      },
      onProgress: (stage, done, total) => line.show(`${stage}: ${done} of ${total}`),
    });
  } finally {
    line.clear();
    await sources.close();
    await rm(folder, { recursive: true, force: true });
  }
}
