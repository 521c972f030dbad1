/** What to label next: of the images without strokes, those that would teach the model most; at the end of a run. */
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import type { PrelabelModel } from '@saltworks/contract/documents/prelabels';
import { statisticsKey } from '@saltworks/contract/layout';
import { addUnsure, type Brief } from '@saltworks/core/corpus/next';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { inOrder } from '@saltworks/store/in-order';
import { contentId } from '@saltworks/store/objects/canonical';
import {
  findNext,
  putCurrent,
  readModel,
  readPlan,
  readTaughtImages,
  writeNext,
} from '@saltworks/store/prelabels/prelabels';
import { type KeysDeps, readKeys } from '../cached-keys.ts';
import type { OrderThreads } from '../mask-threads.ts';
import { failureOf, type Pulse } from '../shard.ts';

export interface OrderDeps extends KeysDeps {
  maskThreads: OrderThreads;
}

/** Images that are weighed against one another at most, and those of them that are chosen. */
const most = { considered: 512, chosen: 32 };

/** Writes the images that would teach the model most; its masks are the dataset's pre-labels from now on. */
export async function finishPrelabels(
  deps: OrderDeps,
  { dataset, plan, model: id }: { dataset: string; plan: string; model: string },
  { signal, beat, attempt }: Pick<Pulse, 'signal' | 'beat' | 'attempt'>,
): Promise<void> {
  const { store, maskThreads } = deps;
  const waiting = await someWaiting(deps, { dataset, plan }, signal);
  const name = contentId(waiting.map(({ sha256 }) => sha256));
  const known = await findNext(store, { dataset, model: id, waiting: name }, { signal });
  if (known && known.considered === waiting.length) {
    return putCurrent(store, dataset, { plan, model: id, next: known.id }, { signal });
  }
  const model = await readModel(store, { dataset, id }, { signal });
  const file = await store.get(statisticsKey(model.statistics), { signal });
  const briefs: (Brief & { image: DatasetImage })[] = [];
  const brief = async (image: DatasetImage) => {
    try {
      return { image, ...(await briefOn(deps, { model, file, image }, signal)) };
    } catch (error) {
      signal.throwIfAborted();
      // Of an image without sound keys nothing is said: the run listed it.
      failureOf(image, error, attempt);
      return undefined;
    }
  };
  let next = 0;
  for await (const one of inOrder(waiting, 2 * maskThreads.threads, brief)) {
    signal.throwIfAborted();
    if (one) briefs.push(one);
    beat({ next: ++next, done: briefs.length });
  }
  const order = briefs.length === 0 ? undefined : await writeOrder(deps, { dataset, id, name, briefs }, signal);
  await putCurrent(store, dataset, { plan, model: id, next: order }, { signal });
}

interface Order {
  dataset: string;
  /** Of the model. */
  id: string;
  /** Of the images that wait. */
  name: string;
  briefs: readonly (Brief & { image: DatasetImage })[];
}

/** @returns its id */
async function writeOrder(
  { store, maskThreads }: OrderDeps,
  { dataset, id, name, briefs }: Order,
  signal: AbortSignal,
): Promise<string> {
  const unsure = new Float64Array(briefs[0].unsure.length);
  for (const one of briefs) addUnsure(unsure, one);
  const job = { kind: 'choose' as const, taught: briefs.map(({ taught }) => taught), unsure, count: most.chosen };
  const images = (await maskThreads.run(job, { signal })).map(({ place, left }) => {
    const { image } = briefs[place];
    return { id: image.id, sha256: image.sha256, name: image.name, left: Math.round(1e4 * left) / 1e4 };
  });
  return (await writeNext(store, { dataset, model: id, waiting: name, considered: briefs.length, images }, { signal }))
    .id;
}

/** Images without strokes, as many as are considered: those whose sha256 come first, so no kind of them is preferred. */
async function someWaiting(
  { store }: OrderDeps,
  { dataset, plan: id }: { dataset: string; plan: string },
  signal: AbortSignal,
): Promise<readonly DatasetImage[]> {
  const plan = await readPlan(store, { dataset, id }, { signal });
  const { shards } = await readDataset(store, dataset, { signal });
  let some: DatasetImage[] = [];
  for (let shard = 0; shard < shards; shard++) {
    signal.throwIfAborted();
    const drawn = new Set((await readTaughtImages(store, plan, shard, { signal })).map(({ sha256 }) => sha256));
    const images = await readShard(store, dataset, shard, { signal });
    some.push(...images.filter(({ sha256, names }) => names.length > 0 && !drawn.has(sha256)));
    some.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
    some = some.slice(0, most.considered);
  }
  return some;
}

async function briefOn(
  deps: OrderDeps,
  { model, file, image }: { model: PrelabelModel; file: Uint8Array; image: DatasetImage },
  signal: AbortSignal,
): Promise<Brief> {
  const job = {
    kind: 'brief' as const,
    keys: await readKeys(deps, image, model.settings.extract, signal),
    model: { id: model.id, statistics: file, learner: model.learner },
  };
  return deps.maskThreads.run(job, { move: [job.keys], signal });
}
