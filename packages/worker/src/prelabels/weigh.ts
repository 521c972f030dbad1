/** What a solve may hear of a model, and how far: by how well it names the strokes of images that it was not taught by. */
import type { SnapshotImage } from '@saltworks/contract/documents/builds';
import type { PrelabelModel, PrelabelPlan } from '@saltworks/contract/documents/prelabels';
import { keysId, priorKey, statisticsKey } from '@saltworks/contract/layout';
import { classifierOf } from '@saltworks/core/corpus/classifier';
import { trustOf } from '@saltworks/core/corpus/trust';
import { encodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { decodeStatistics } from '@saltworks/core/formats/statistics';
import { readStrokes } from '@saltworks/store/builds/strokes';
import { inOrder } from '@saltworks/store/in-order';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { lessonsOf, readTaught, readTaughtImages } from '@saltworks/store/prelabels/prelabels';
import { type KeysDeps, readKeys } from '../cached-keys.ts';
import type { WeighThreads } from '../mask-threads.ts';

export interface WeighDeps extends KeysDeps {
  maskThreads: WeighThreads;
}

/** Images that are left out in turn at most: their mean is known to a few hundredths then. */
const most = 64;

/** Writes the prior of a sum of statistics. @returns its name and trust */
export async function writePrior(
  deps: WeighDeps,
  plan: PrelabelPlan,
  statistics: string,
  signal: AbortSignal,
): Promise<Required<Pick<PrelabelModel, 'prior' | 'trust'>>> {
  const { store, maskThreads } = deps;
  const file = await store.get(statisticsKey(statistics), { signal });
  const agreements: number[] = [];
  const weigh = (image: SnapshotImage) => agreementOn(deps, plan, { image, statistics, file }, signal);
  for await (const found of inOrder(await someTaught(deps, plan, signal), 2 * maskThreads.threads, weigh)) {
    signal.throwIfAborted();
    if (found !== undefined) agreements.push(found);
  }
  const { balance, sharpness } = plan.learner;
  const { categories, ...taught } = decodeStatistics(file);
  const { d, weights, frequency } = classifierOf(taught.statistics, plan.learner);
  const trust = trustOf(agreements);
  const { backbone } = plan.settings.extract;
  const keys = keysId(backbone, plan.settings.extract);
  const prior = encodeCorpusPrior({ d, weights, frequency, categories, balance, sharpness, trust, keys });
  const id = sha256Of(prior);
  await store.putIfAbsent(priorKey(id), prior, { signal });
  return { prior: id, trust };
}

/** Images that taught, as many as are left out: those whose sha256 come first, so no kind of them is preferred. */
async function someTaught(
  { store }: WeighDeps,
  plan: PrelabelPlan,
  signal: AbortSignal,
): Promise<readonly SnapshotImage[]> {
  let some: SnapshotImage[] = [];
  for (const { shard } of plan.taught) {
    const failed = new Set((await readTaught(store, plan, shard, { signal }))?.failures.map(({ sha256 }) => sha256));
    const images = await readTaughtImages(store, plan, shard, { signal });
    some.push(...images.filter(({ sha256 }) => !failed.has(sha256)));
    some.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
    some = some.slice(0, most);
  }
  return some;
}

/** Undefined of an image whose strokes label one segment. */
async function agreementOn(
  deps: WeighDeps,
  plan: PrelabelPlan,
  { image, statistics, file }: { image: SnapshotImage; statistics: string; file: Uint8Array },
  signal: AbortSignal,
): Promise<number | undefined> {
  const { store, readObject, maxPixels, maskThreads } = deps;
  const { extract, options } = plan.settings;
  const read = (name: string) => store.get(statisticsKey(name), { signal });
  const job = {
    kind: 'weigh' as const,
    image: await readObject(image.object, signal),
    keys: await readKeys(deps, image, extract, signal),
    drawings: await Promise.all(
      image.drawings.map(async (drawing) => ({
        scribbles: await readStrokes(store, drawing, { signal }),
        extension: drawing.extension,
      })),
    ),
    lessons: await Promise.all(lessonsOf(plan, image).map(read)),
    model: { id: statistics, statistics: file, learner: plan.learner },
    ...{ options, maxPixels },
  };
  return maskThreads.run(job, { move: [job.image, job.keys], signal });
}
