/** What the drawn images of a shard teach: statistics of each, made once, and their sum; at the end the model of all. */
import type { SnapshotImage } from '@saltworks/contract/documents/builds';
import type { PrelabelPlan, TaughtReport } from '@saltworks/contract/documents/prelabels';
import { InvalidInputError } from '@saltworks/contract/errors';
import { statisticsKey } from '@saltworks/contract/layout';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { Learned, TeachRequest } from '@saltworks/contract/messages/prelabel';
import { addTaught, type Taught } from '@saltworks/core/corpus/taught';
import { decodeStatistics, encodeStatistics } from '@saltworks/core/formats/statistics';
import { readStrokes } from '@saltworks/store/builds/strokes';
import { inOrder } from '@saltworks/store/in-order';
import type { CallOptions, ObjectStore } from '@saltworks/store/objects/store';
import {
  lessonsOf,
  putTaught,
  readPlan,
  readTaught,
  readTaughtImages,
  sumName,
  writeModel,
} from '@saltworks/store/prelabels/prelabels';
import { type KeysDeps, readKeys } from '../cached-keys.ts';
import type { TeachThreads } from '../mask-threads.ts';
import { failureOf, type Pulse } from '../shard.ts';
import { type WeighDeps, writePrior } from './weigh.ts';

export interface TeachDeps extends KeysDeps {
  maskThreads: TeachThreads;
}

/** Statistics that are read side by side. */
const atOnce = 8;

/**
 * Makes the statistics of a shard's drawn images that are not stored, each person's strokes alone, and their sum; writes the
 * shard's report. An image fails alone. Where nothing changed, a shard costs two calls to the store.
 *
 * @param request.part the shard's place among those with strokes
 */
export async function teachShard(
  deps: TeachDeps,
  { dataset, plan: id, part }: TeachRequest,
  { last, beat, signal, attempt }: Pulse,
): Promise<Tally> {
  const { store, maskThreads } = deps;
  const plan = await readPlan(store, { dataset, id }, { signal });
  const { shard } = plan.taught[part];
  const images = await readTaughtImages(store, plan, shard, { signal });
  let done = last?.done ?? 0;
  const tally = (failed: number): Tally => ({
    images: images.length,
    done,
    failed,
    cached: images.length - failed - done,
  });

  const whole = sumName(images.flatMap((image) => lessonsOf(plan, image)));
  if (await store.head(statisticsKey(whole), { signal })) {
    await putTaught(
      store,
      plan,
      shard,
      { version: 1, images: images.length, failures: [], statistics: whole },
      { signal },
    );
    return tally(0);
  }

  const failures: TaughtReport['failures'] = [];
  const lessons: string[] = [];
  const learn = async (image: SnapshotImage) => {
    try {
      return { lessons: lessonsOf(plan, image), made: await ensureLessons(deps, plan, image, signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { failure: failureOf(image, error, attempt) };
    }
  };
  let next = 0;
  beat({ next, done });
  for await (const one of inOrder(images, 2 * maskThreads.threads, learn)) {
    signal.throwIfAborted();
    if (one.failure) failures.push(one.failure);
    else {
      lessons.push(...one.lessons);
      if (one.made) done++;
    }
    beat({ next: ++next, done });
  }
  const statistics = await ensureSum(store, lessons, signal);
  await putTaught(store, plan, shard, { version: 1, images: images.length, failures, statistics }, { signal });
  return tally(failures.length);
}

/** @returns whether one had to be made */
async function ensureLessons(
  deps: TeachDeps,
  plan: PrelabelPlan,
  image: SnapshotImage,
  signal: AbortSignal,
): Promise<boolean> {
  const { store, readObject, maxPixels, maskThreads } = deps;
  const { extract, options } = plan.settings;
  let made = false;
  for (const [i, name] of lessonsOf(plan, image).entries()) {
    if (await store.head(statisticsKey(name), { signal })) continue;
    const drawing = image.drawings[i];
    const job = {
      kind: 'teach' as const,
      image: await readObject(image.object, signal),
      keys: await readKeys(deps, image, extract, signal),
      scribbles: await readStrokes(store, drawing, { signal }),
      extension: drawing.extension,
      ...{ options, maxPixels },
    };
    const file = await maskThreads.run(job, { move: [job.image, job.keys], signal });
    await store.put(statisticsKey(name), file, { signal });
    made = true;
  }
  return made;
}

/** Adds statistics up, unless the sum is there. @returns its name; null of nothing */
async function ensureSum(store: ObjectStore, parts: readonly string[], signal: AbortSignal): Promise<string | null> {
  if (parts.length === 0) return null;
  const name = sumName(parts);
  if (await store.head(statisticsKey(name), { signal })) return name;
  let sum: Taught | undefined;
  for await (const one of inOrder(parts, atOnce, (part) => readStatistics(store, part, { signal }))) {
    if (sum) addTaught(sum, one);
    else sum = one;
  }
  await store.put(statisticsKey(name), encodeStatistics(sum!), { signal });
  return name;
}

export const readStatistics = async (store: ObjectStore, name: string, options?: CallOptions): Promise<Taught> =>
  decodeStatistics(await store.get(statisticsKey(name), options));

/**
 * Adds up what all shards were taught, sees how well that names the strokes of images left out, and writes the model.
 *
 * @throws InvalidInputError if no image could be used
 */
export async function finishTeaching(
  deps: WeighDeps,
  { dataset, plan: id }: Pick<TeachRequest, 'dataset' | 'plan'>,
  { signal }: Pick<Pulse, 'signal'>,
): Promise<Learned> {
  const { store } = deps;
  const plan = await readPlan(store, { dataset, id }, { signal });
  const sums: string[] = [];
  const failed = new Set<string>();
  let reason: string | undefined;
  const read = ({ shard }: PrelabelPlan['taught'][number]) => readTaught(store, plan, shard, { signal });
  for await (const report of inOrder(plan.taught, atOnce, read)) {
    if (report?.statistics) sums.push(report.statistics);
    for (const { sha256 } of report?.failures ?? []) failed.add(sha256);
    reason ??= report?.failures[0] && `${report.failures[0].name}: ${report.failures[0].reason}`;
  }
  const statistics = await ensureSum(store, sums, signal);
  if (statistics === null) {
    throw new InvalidInputError(`no image of ${dataset} with strokes could be used: ${reason}; expected at least one`);
  }
  const file = await store.get(statisticsKey(statistics), { signal });
  const taught = decodeStatistics(file);
  const { categories, images } = taught;
  const { settings, learner } = plan;
  const sum = { name: statistics, file, taught };
  const heard = settings.options.graph === 'walk' ? await writePrior(deps, plan, { sum, failed }, signal) : {};
  const content = { dataset, statistics, settings, learner, categories, images, ...heard };
  const model = await writeModel(store, content, { signal });
  const classes = categories.filter((category) => category !== null).length;
  return { model: model.id, labelled: images, classes, trust: model.trust };
}
