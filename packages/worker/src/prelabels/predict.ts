/** Predicted masks of the images of a shard that nobody drew on. */
import type { Category } from '@saltworks/contract/categories';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import { type MaskDocument, maskDocument } from '@saltworks/contract/documents/masks';
import type { PrelabelModel } from '@saltworks/contract/documents/prelabels';
import { type MaskReport, maskReport, type ShardReport } from '@saltworks/contract/documents/reports';
import { keysId, maskKey, maskReportKey, prelabelRecipe, statisticsKey } from '@saltworks/contract/layout';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { PredictRequest } from '@saltworks/contract/messages/prelabel';
import { addCategories } from '@saltworks/core/mask/mask';
import { readShard } from '@saltworks/store/datasets/dataset';
import { inOrder } from '@saltworks/store/in-order';
import { readDocument } from '@saltworks/store/objects/documents';
import { predictedId, readModel, readPlan, readTaught, readTaughtImages } from '@saltworks/store/prelabels/prelabels';
import { type KeysDeps, readKeys } from '../cached-keys.ts';
import type { PredictThreads } from '../mask-threads.ts';
import { namesOf, originFields, putMask } from '../masks.ts';
import { failureOf, isFinished, type Pulse } from '../shard.ts';

export interface PredictDeps extends KeysDeps {
  maskThreads: PredictThreads;
}

/**
 * Stores the predicted masks of a shard's images without strokes, each named by image and model, unless they are stored; writes
 * the shard's report, which also lists the drawn images that could not teach. An image fails alone; a finished shard costs a read.
 */
export async function predictShard(
  deps: PredictDeps,
  { dataset, plan: id, model: modelId, shard }: PredictRequest,
  { last, beat, signal, attempt }: Pulse,
): Promise<Tally> {
  const { store, maskThreads } = deps;
  const plan = await readPlan(store, { dataset, id }, { signal });
  const drawn = new Set((await readTaughtImages(store, plan, shard, { signal })).map(({ sha256 }) => sha256));
  const untaught = drawn.size === 0 ? [] : ((await readTaught(store, plan, shard, { signal }))?.failures ?? []);
  const images = (await readShard(store, dataset, shard, { signal })).filter(
    ({ sha256, names }) => names.length > 0 && !drawn.has(sha256),
  );
  const reportKey = maskReportKey(dataset, prelabelRecipe(modelId), shard);
  let done = last?.done ?? 0;
  const tallyOf = ({ failures }: ShardReport): Tally => ({
    ...{ images: images.length + untaught.length, done, failed: failures.length },
    cached: images.length + untaught.length - failures.length - done,
  });
  const before = await readDocument(store, reportKey, maskReport, { signal });
  const through = new Set([...(before?.masks ?? []), ...(before?.failures ?? [])].map(({ sha256 }) => sha256));
  if (isFinished(before) && images.length + untaught.length === before.images) {
    if ([...images, ...untaught].every(({ sha256 }) => through.has(sha256))) return tallyOf(before);
  }

  const model = await readModel(store, { dataset, id: modelId }, { signal });
  const file = await store.get(statisticsKey(model.statistics), { signal });
  const predict = async (image: DatasetImage) => {
    try {
      return { image, ...(await ensureMask(deps, { model, file, image }, signal)) };
    } catch (error) {
      signal.throwIfAborted();
      return { image, failure: failureOf(image, error, attempt) };
    }
  };
  const report: MaskReport = {
    version: 1,
    images: untaught.length,
    failures: [...untaught],
    categories: [],
    masks: [],
  };
  beat({ next: 0, done });
  // As many wait with their files read as are being made, so that no thread waits for a store.
  for await (const outcome of inOrder(images, 2 * maskThreads.threads, predict)) {
    signal.throwIfAborted();
    report.images++;
    if (outcome.failure) report.failures.push(outcome.failure);
    else {
      const { image, mask, categories, made } = outcome;
      if (made) done++;
      addCategories(report.categories, categories);
      report.masks.push({ id: image.id, sha256: image.sha256, name: image.name, mask });
    }
    beat({ next: report.images, done });
  }
  await store.put(reportKey, JSON.stringify(report), { signal });
  return tallyOf(report);
}

async function ensureMask(
  deps: PredictDeps,
  { model, file, image }: { model: PrelabelModel; file: Uint8Array; image: DatasetImage },
  signal: AbortSignal,
): Promise<{ mask: string; categories: Category[]; made: boolean }> {
  const { store, readObject, maxPixels, maskThreads } = deps;
  const mask = predictedId(image.sha256, model.id);
  // The document is written last: where it is, the PNG is too.
  const known = await readDocument(store, maskKey(mask, '.json'), maskDocument, { signal });
  if (known) return { mask, categories: known.categories, made: false };
  const { extract, options } = model.settings;
  const job = {
    kind: 'predict' as const,
    image: await readObject(image.object, signal),
    keys: await readKeys(deps, image, extract, signal),
    model: { id: model.id, statistics: file, learner: model.learner },
    names: namesOf(image, mask),
    ...{ options, maxPixels },
  };
  const { png, document } = await maskThreads.run(job, { move: [job.image, job.keys], signal });
  const origin = await originFields(store, { backbone: keysId(extract.backbone, extract), options }, signal);
  const whole: MaskDocument = { ...document, ...origin };
  await putMask(store, mask, { png, document: whole }, signal);
  return { mask, categories: document.categories, made: true };
}
