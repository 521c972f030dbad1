/** Masks of a sample: made, judged, and forgotten. */
import {
  type BakeoffImage,
  type BakeoffMasks,
  type BakeoffPlan,
  bakeoffMasks,
} from '@saltworks/contract/documents/bakeoffs';
import { bakeoffPartKey, maskKey } from '@saltworks/contract/layout';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { BakeoffPart } from '@saltworks/contract/messages/bakeoff';
import type { ExtractSettings, SegmentOptions } from '@saltworks/contract/options';
import { readPlan } from '@saltworks/store/bakeoffs/bakeoffs';
import { readStrokes } from '@saltworks/store/builds/strokes';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { inOrder } from '@saltworks/store/in-order';
import { readDocument } from '@saltworks/store/objects/documents';
import { type KeysDeps, readKeys } from '../cached-keys.ts';
import type { Judged, JudgeJob } from '../judge-job.ts';
import { knownMask } from '../known-mask.ts';
import type { JudgeThreads } from '../mask-threads.ts';
import { recipeOf } from '../propagate.ts';
import { failureOf, type Pulse } from '../shard.ts';

export interface JudgeDeps extends KeysDeps {
  maskThreads: JudgeThreads;
}

/** Judges some images of the sample by one variant. An image that cannot be judged fails alone. */
export async function judgeSample(
  deps: JudgeDeps,
  { subject, bakeoff, variant, from, to }: BakeoffPart,
  { beat, signal, attempt }: Pick<Pulse, 'beat' | 'signal' | 'attempt'>,
): Promise<Tally> {
  const { store, maskThreads } = deps;
  const partKey = bakeoffPartKey(subject, bakeoff, 'masks', { variant, from });
  const before = await readDocument(store, partKey, bakeoffMasks, { signal });
  if (before) return tallyOf(before);
  const plan = await readPlan(store, subject, bakeoff, { signal });
  const { extract, preset, solve } = plan.variants[variant];
  const { options } = recipeOf({ extract, preset, solve }, await deps.findBackbone?.(extract.backbone));
  const listed = (await readDataset(store, plan.dataset, { signal })).categories.map(({ name }) => name);

  const part: BakeoffMasks = { version: 1, images: [], failures: [] };
  type Outcome = { id: number } & (Judged | { reason: string });
  const judge = async (image: BakeoffImage): Promise<Outcome> => {
    try {
      const job = await jobOf(deps, { plan, image, extract, options, listed }, signal);
      const move = [job.image, job.keys];
      return { id: image.id, ...(await maskThreads.run(job, { move, signal })) };
    } catch (error) {
      signal.throwIfAborted();
      return { id: image.id, reason: failureOf(image, error, attempt).reason };
    }
  };
  for await (const judged of inOrder(plan.images.slice(from, to), 2 * maskThreads.threads, judge)) {
    if ('reason' in judged) part.failures.push(judged);
    else part.images.push(judged);
    beat({ next: part.images.length, done: part.images.length });
  }
  await store.put(partKey, JSON.stringify(part), { signal });
  return tallyOf(part);
}

const tallyOf = ({ images, failures }: BakeoffMasks): Tally => ({
  ...{ images: images.length + failures.length, done: images.length, cached: 0 },
  failed: failures.length,
});

interface Judging {
  plan: BakeoffPlan;
  image: BakeoffImage;
  extract: ExtractSettings;
  options: SegmentOptions;
  /** Names of the dataset's own categories. */
  listed: string[];
}

async function jobOf(
  deps: JudgeDeps,
  { plan, image, extract, options, listed }: Judging,
  signal: AbortSignal,
): Promise<JudgeJob> {
  const { store, readObject, maxPixels } = deps;
  const { accepted } = image;
  return {
    kind: 'judge',
    image: await readObject(image.object, signal),
    keys: await readKeys(deps, image, extract, signal),
    scribbles: await readStrokes(store, image, { signal }),
    extension: image.extension,
    ...{ options, maxPixels },
    ...(image.known && { known: await knownMask(store, plan.dataset, { ...image, known: image.known }, signal) }),
    ...(accepted && { accepted: await store.get(maskKey(accepted, '.png'), { signal }) }),
    classes: plan.classes,
    listed,
  };
}
