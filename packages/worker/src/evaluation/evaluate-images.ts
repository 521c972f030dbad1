/** Protocols on some images of an evaluation. */
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import type {
  DatasetEvaluation,
  EvaluatedImage,
  EvaluationOutcome,
  ProtocolName,
} from '@saltworks/contract/documents/evaluations';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { EvaluationPart } from '@saltworks/contract/messages/evaluate';
import { type ListedImage, readCase } from '@saltworks/lab/dataset/folder';
import { keepKeys } from '@saltworks/lab/keys/cache';
import { inParallel } from '@saltworks/lab/parallel';
import { isFor } from '@saltworks/lab/plan';
import { type CaseThreads, runProtocol } from '@saltworks/lab/protocol-run';
import { protocolOf } from '@saltworks/lab/protocols/list';
import type { ProtocolSettings } from '@saltworks/lab/protocols/protocol';
import {
  isFinal,
  putOutcome,
  readEvaluatedImages,
  readEvaluation,
  readOutcome,
} from '@saltworks/store/evaluations/evaluations';
import { type KeysDeps, readOrMakeKeys } from '../cached-keys.ts';
import { failureOf, type Pulse } from '../shard.ts';
import { writeCase } from './case-files.ts';

export interface EvaluateDeps extends KeysDeps {
  caseThreads: CaseThreads;
  /** A backbone by its name, fetched if it is not here. */
  specOf(backbone: string): Promise<BackboneSpec>;
  /** A folder for files of images that are under way. */
  scratch: string;
}

/** Images that are read side by side. */
const atOnce = 4;
/** The time that Temporal gives a part. */
const LONGEST_MS = 12 * 3_600_000;

/**
 * Runs the protocols of an evaluation on the images of a part, wherever they were not run. What a protocol finds on an image
 * is stored at once; an image fails alone. Keys that the store lacks are made: the backbone's own for the store, those that
 * only a protocol wants for the time of the part.
 */
export async function evaluateImages(
  deps: EvaluateDeps,
  { dataset, evaluation: id, part }: EvaluationPart,
  { signal, attempt }: Pick<Pulse, 'signal' | 'attempt'>,
): Promise<Tally> {
  const { store, caseThreads: pool, maxPixels } = deps;
  const evaluation = await readEvaluation(store, { dataset, id }, { signal });
  const images = await readEvaluatedImages(store, evaluation, part, { signal });
  const failed = new Set<EvaluatedImage>();
  const due = new Map<ProtocolName, EvaluatedImage[]>();
  for (const protocol of evaluation.protocols) {
    const own = images.filter(({ strokes }) => isFor(protocolOf(protocol), strokes !== undefined));
    const before = await Promise.all(own.map((image) => readOutcome(store, evaluation, protocol, image, { signal })));
    for (const [i, outcome] of before.entries()) if (isFinal(outcome) && outcome.failure) failed.add(own[i]);
    due.set(
      protocol,
      own.filter((_, i) => !isFinal(before[i])),
    );
  }
  const wanted = images.filter((image) => [...due.values()].some((own) => own.includes(image)));
  const tally = (): Tally => ({
    images: images.length,
    done: wanted.filter((image) => !failed.has(image)).length,
    cached: images.filter((image) => !wanted.includes(image) && !failed.has(image)).length,
    failed: failed.size,
  });
  if (wanted.length === 0) return tally();

  const settings = await settingsOf(deps, evaluation);
  const folder = await scratchFolder(deps.scratch);
  const keys = join(folder, 'keys');
  try {
    const laid = await layOut(deps, { evaluation, settings, folder, keys }, wanted, { signal, attempt });
    for (const [protocol, own] of due) {
      const put = async (image: EvaluatedImage, outcome: Omit<EvaluationOutcome, 'version'>) => {
        if (outcome.failure) failed.add(image);
        await putOutcome(store, evaluation, protocol, image, outcome, { signal });
      };
      const there = own.map((image) => laid.get(image)!);
      for (const { image, sha256, failure } of there) if (failure) await put(image, { sha256, rows: [], failure });
      const ready = there.filter((one): one is Ready => one.listed !== undefined);
      await runProtocol(
        { protocol: protocolOf(protocol), settings, pool, keys, maxPixels, signal },
        ready.map(({ listed }) => listed),
        async (found, i) => {
          const { image, sha256 } = ready[i];
          if ('rows' in found) await put(image, { sha256, rows: found.rows });
          else await put(image, { sha256, rows: [], failure: why(image, found.error, attempt) });
        },
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return tally();
}

/** An image's files, or why there are none. */
interface Laid {
  image: EvaluatedImage;
  /** Of all that it is read from; absent where that cannot be read. */
  sha256?: string;
  listed?: ListedImage;
  failure?: EvaluationOutcome['failure'];
}
type Ready = Laid & { listed: ListedImage };

async function layOut(
  deps: EvaluateDeps,
  {
    evaluation,
    settings,
    folder,
    keys,
  }: { evaluation: DatasetEvaluation; settings: ProtocolSettings; folder: string; keys: string },
  images: readonly EvaluatedImage[],
  { signal, attempt }: Pick<Pulse, 'signal' | 'attempt'>,
): Promise<ReadonlyMap<EvaluatedImage, Laid>> {
  const laid = new Map<EvaluatedImage, Laid>();
  await inParallel(atOnce, images, async (image) => {
    let sha256: string | undefined;
    try {
      const listed = await writeCase(deps, evaluation, image, folder, signal);
      ({ sha256 } = await readCase(listed, deps));
      const file = await readOrMakeKeys(deps, image, evaluation.extract, signal);
      await keepKeys(keys, settings, image.sha256, {}, file);
      laid.set(image, { image, sha256, listed });
    } catch (error) {
      signal.throwIfAborted();
      laid.set(image, { image, sha256, failure: why(image, error, attempt) });
    }
  });
  return laid;
}

function why(image: EvaluatedImage, error: unknown, attempt: number): EvaluationOutcome['failure'] {
  const { reason, permanent } = failureOf(image, error, attempt);
  return { reason, permanent };
}

/** What the lab is told of an evaluation. */
export async function settingsOf(
  { specOf }: Pick<EvaluateDeps, 'specOf'>,
  { extract, backbones, preset, budget, bar, seed }: DatasetEvaluation,
): Promise<ProtocolSettings> {
  const installed: BackboneSpec[] = [];
  for (const backbone of backbones) installed.push(await specOf(backbone));
  return { spec: await specOf(extract.backbone), installed, preset, budget, bar, seed };
}

/** A new folder in `scratch`, and no more of those that dead workers left: no part takes as long as they are old. */
async function scratchFolder(scratch: string): Promise<string> {
  await mkdir(scratch, { recursive: true });
  for (const name of await readdir(scratch)) {
    const left = join(scratch, name);
    const { mtimeMs } = await stat(left).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > LONGEST_MS) await rm(left, { recursive: true, force: true });
  }
  return mkdtemp(join(scratch, 'part-'));
}
