/** What a solve may hear of a model, and how far: by how well it names the strokes of images that it was not taught by. */
import type { SnapshotImage } from '@saltworks/contract/documents/builds';
import type { PrelabelModel, PrelabelPlan } from '@saltworks/contract/documents/prelabels';
import { keysId, priorKey, statisticsKey } from '@saltworks/contract/layout';
import { classifierOf } from '@saltworks/core/corpus/classifier';
import type { Taught } from '@saltworks/core/corpus/taught';
import { trustOf } from '@saltworks/core/corpus/trust';
import { encodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { readStrokes } from '@saltworks/store/builds/strokes';
import { inOrder } from '@saltworks/store/in-order';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { lessonsOf, readTaughtImages } from '@saltworks/store/prelabels/prelabels';
import { type KeysDeps, readKeys } from '../cached-keys.ts';
import type { WeighThreads } from '../mask-threads.ts';

export interface WeighDeps extends KeysDeps {
  maskThreads: WeighThreads;
}

/** Images that are left out in turn at most: their mean is known to a few hundredths then. */
const most = 64;

/** Shards that are read ahead. */
const atOnce = 8;

/** The sum of all statistics: its name, its file, and what this holds. */
interface Sum {
  name: string;
  file: Uint8Array;
  taught: Taught;
}

/** Writes the prior of a sum of statistics. @param failed images that could not teach @returns its name and trust */
export async function writePrior(
  deps: WeighDeps,
  plan: PrelabelPlan,
  { sum, failed }: { sum: Sum; failed: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<Required<Pick<PrelabelModel, 'prior' | 'trust'>>> {
  const { store, maskThreads } = deps;
  const agreements: number[] = [];
  const weigh = (image: SnapshotImage) => agreementOn(deps, plan, { image, sum }, signal);
  for await (const found of inOrder(await someTaught(deps, plan, failed, signal), 2 * maskThreads.threads, weigh)) {
    signal.throwIfAborted();
    if (found !== undefined) agreements.push(found);
  }
  const { balance, sharpness } = plan.learner;
  const { categories, statistics } = sum.taught;
  const { d, weights, frequency } = classifierOf(statistics, plan.learner);
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
  failed: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly SnapshotImage[]> {
  let some: SnapshotImage[] = [];
  const read = ({ shard }: PrelabelPlan['taught'][number]) => readTaughtImages(store, plan, shard, { signal });
  for await (const images of inOrder(plan.taught, atOnce, read)) {
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
  { image, sum }: { image: SnapshotImage; sum: Sum },
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
    model: { id: sum.name, statistics: sum.file, learner: plan.learner },
    ...{ options, maxPixels },
  };
  return maskThreads.run(job, { move: [job.image, job.keys], signal });
}
