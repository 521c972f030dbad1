/** Plans, models and statistics of pre-labels as they lie in a store: written from their content, which names them; read back. */
import type { SnapshotImage } from '@saltworks/contract/documents/builds';
import {
  type CurrentPrelabels,
  currentPrelabels,
  type NextImages,
  nextImages,
  type PrelabelModel,
  type PrelabelPlan,
  prelabelModel,
  prelabelPlan,
  type TaughtReport,
  taughtReport,
} from '@saltworks/contract/documents/prelabels';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  currentPrelabelsKey,
  keysId,
  nextImagesKey,
  prelabelModelKey,
  prelabelPlanKey,
  prelabelRecipe,
  taughtReportKey,
} from '@saltworks/contract/layout';
import { putLines, readSnapshotLines } from '../builds/lines.ts';
import { maskId } from '../builds/mask-names.ts';
import { canonical, contentId, sha256Of } from '../objects/canonical.ts';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** Raised when the same strokes would teach something else than before. */
const LESSON_VERSION = 1;

type OfPlan = Pick<PrelabelPlan, 'dataset' | 'id'>;

/** Names what one person's strokes on an image teach. @param mask id of the mask that these strokes give alone */
export const lessonName = (mask: string): string => sha256Of(canonical(['lesson', LESSON_VERSION, mask]));

/** Names of what an image's strokes teach, a person after the other. */
export const lessonsOf = ({ settings: { recipe } }: PrelabelPlan, { sha256, drawings }: SnapshotImage): string[] =>
  drawings.map(({ strokes }) => lessonName(maskId(sha256, strokes, recipe)));

/** Names a sum of statistics; that of one part is the part. */
export const sumName = (parts: readonly string[]): string =>
  parts.length === 1 ? parts[0] : sha256Of(canonical(['sum', ...parts]));

/** Writes a plan. @param shards lines of every shard of the dataset in order */
export async function writePlan(
  store: ObjectStore,
  head: Pick<PrelabelPlan, 'dataset' | 'subject' | 'settings' | 'learner'>,
  shards: AsyncIterable<readonly SnapshotImage[]>,
  options?: CallOptions,
): Promise<PrelabelPlan> {
  const content = { ...head, images: 0, taught: [] as PrelabelPlan['taught'] };
  let shard = 0;
  for await (const images of shards) {
    const lines = await putLines(store, images, options);
    if (lines !== null) content.taught.push({ shard, lines });
    content.images += images.length;
    shard++;
  }
  const plan: PrelabelPlan = { version: 1, id: contentId(content), ...content };
  await store.putIfAbsent(prelabelPlanKey(plan.dataset, plan.id), JSON.stringify(plan), options);
  return plan;
}

/** @throws InvalidInputError if there is no such plan */
export async function readPlan(
  store: ObjectStore,
  { dataset, id }: OfPlan,
  options?: CallOptions,
): Promise<PrelabelPlan> {
  const found = await readDocument(store, prelabelPlanKey(dataset, id), prelabelPlan, options);
  if (found) return found;
  throw new InvalidInputError(`no pre-labels ${id} of ${dataset} are planned; expected a run of saltworks prelabel`);
}

/** The images with strokes of a shard. */
export const readTaughtImages = (
  store: ObjectStore,
  { taught }: PrelabelPlan,
  shard: number,
  options?: CallOptions,
): Promise<SnapshotImage[]> => readSnapshotLines(store, taught.find((one) => one.shard === shard)?.lines, options);

export const readTaught = (
  store: ObjectStore,
  { dataset, id }: OfPlan,
  shard: number,
  options?: CallOptions,
): Promise<TaughtReport | undefined> => readDocument(store, taughtReportKey(dataset, id, shard), taughtReport, options);

export async function putTaught(
  store: ObjectStore,
  { dataset, id }: OfPlan,
  shard: number,
  report: TaughtReport,
  options?: CallOptions,
): Promise<void> {
  await store.put(taughtReportKey(dataset, id, shard), JSON.stringify(report), options);
}

export async function writeModel(
  store: ObjectStore,
  content: Omit<PrelabelModel, 'version' | 'id'>,
  options?: CallOptions,
): Promise<PrelabelModel> {
  const model: PrelabelModel = { version: 1, id: contentId(content), ...content };
  await store.putIfAbsent(prelabelModelKey(model.dataset, model.id), JSON.stringify(model), options);
  return model;
}

/** @throws InvalidInputError if there is no such model */
export async function readModel(
  store: ObjectStore,
  { dataset, id }: Pick<PrelabelModel, 'dataset' | 'id'>,
  options?: CallOptions,
): Promise<PrelabelModel> {
  const found = await readDocument(store, prelabelModelKey(dataset, id), prelabelModel, options);
  if (found) return found;
  throw new InvalidInputError(`no model ${id} of ${dataset}; expected one that was taught`);
}

/** From now on these are the pre-labels that the dataset has. */
export async function putCurrent(
  store: ObjectStore,
  dataset: string,
  { plan, model, next }: Omit<CurrentPrelabels, 'version'>,
  options?: CallOptions,
): Promise<void> {
  const current: CurrentPrelabels = { version: 1, plan, model, ...(next !== undefined && { next }) };
  await store.put(currentPrelabelsKey(dataset), JSON.stringify(current), options);
}

/** The mask set of the dataset's pre-labels. @throws InvalidInputError if it has none */
export const currentRecipe = async (store: ObjectStore, dataset: string, options?: CallOptions): Promise<string> =>
  prelabelRecipe((await readCurrent(store, dataset, options)).model);

/**
 * What a solve may hear of the model of the dataset's pre-labels: the name of the file, and the id of the keys that it was taught
 * with.
 *
 * @throws InvalidInputError if it has none
 */
export async function currentPrior(
  store: ObjectStore,
  dataset: string,
  options?: CallOptions,
): Promise<{ prior: string; keys: string }> {
  const { model } = await readCurrent(store, dataset, options);
  const { prior, settings } = await readModel(store, { dataset, id: model }, options);
  if (prior !== undefined) return { prior, keys: keysId(settings.extract.backbone, settings.extract) };
  throw new InvalidInputError(
    `the pre-labels of ${dataset} were learned by an earlier version; expected newer ones (saltworks prelabel ${dataset})`,
  );
}

export async function writeNext(
  store: ObjectStore,
  content: Omit<NextImages, 'version' | 'id'>,
  options?: CallOptions,
): Promise<NextImages> {
  const next: NextImages = { version: 1, id: contentId(content), ...content };
  await store.putIfAbsent(nextImagesKey(next.dataset, next.id), JSON.stringify(next), options);
  return next;
}

/** What is there, if it is of this model and of these images. @param of.waiting names them */
export async function findNext(
  store: ObjectStore,
  { dataset, model, waiting }: Pick<NextImages, 'dataset' | 'model' | 'waiting'>,
  options?: CallOptions,
): Promise<NextImages | undefined> {
  const current = await readDocument(store, currentPrelabelsKey(dataset), currentPrelabels, options);
  if (current?.next === undefined || current.model !== model) return undefined;
  const found = await readDocument(store, nextImagesKey(dataset, current.next), nextImages, options);
  return found?.waiting === waiting ? found : undefined;
}

/** The images that the dataset's pre-labels would have labelled next. @throws InvalidInputError if nothing says so */
export async function currentNext(store: ObjectStore, dataset: string, options?: CallOptions): Promise<NextImages> {
  const { next } = await readCurrent(store, dataset, options);
  const found = next && (await readDocument(store, nextImagesKey(dataset, next), nextImages, options));
  if (found) return found;
  throw new InvalidInputError(
    `the pre-labels of ${dataset} say nothing of what to label next; expected newer ones (saltworks prelabel ${dataset})`,
  );
}

async function readCurrent(store: ObjectStore, dataset: string, options?: CallOptions): Promise<CurrentPrelabels> {
  const found = await readDocument(store, currentPrelabelsKey(dataset), currentPrelabels, options);
  if (found) return found;
  throw new InvalidInputError(`${dataset} has no pre-labels; expected some (saltworks prelabel ${dataset})`);
}

/** Names the mask that a model predicts of an image. */
export const predictedId = (image: string, model: string): string =>
  sha256Of(JSON.stringify(['predicted', image, model]));
