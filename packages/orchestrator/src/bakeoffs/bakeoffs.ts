/** Bake-offs of a campaign or a dataset: planned and started, found, ended. */
import type { BakeoffInfo, newBakeoff } from '@saltworks/contract/api/bakeoffs';
import type { Page } from '@saltworks/contract/api/fields';
import { type BakeoffPlan, judgeVersion } from '@saltworks/contract/documents/bakeoffs';
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { bakeoffPlanKey, bakeoffReportKey } from '@saltworks/contract/layout';
import { bakeoff } from '@saltworks/contract/messages/bakeoff';
import * as z from '@saltworks/contract/zod';
import { storedName } from '@saltworks/core/drawing/classes';
import { findPlan, listBakeoffs, writePlan } from '@saltworks/store/bakeoffs/bakeoffs';
import { keepStrokes } from '@saltworks/store/builds/strokes';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { expectStorage } from '@saltworks/store/storage/level';
import { WorkflowIdConflictPolicy, WorkflowNotFoundError } from '@temporalio/client';
import type { Deps } from '../api/routes.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { expectDatasetInUse } from '../datasets/shelf.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { bakeoffRunId } from '../runs/ids.ts';
import { standingOf } from '../runs/standing.ts';
import { rootOf } from '../temporal/root-cause.ts';
import { findWorkflow, startWorkflow } from '../temporal/workflows.ts';
import { choose } from './choose.ts';
import { drawnInCampaign, drawnInDataset } from './drawn.ts';
import { settleVariants } from './variants.ts';

type BakeoffDeps = Pick<Deps, 'db' | 'store' | 'client' | 'backbones' | 'recipeOf'>;

/** Candidates of each kind for an image of the sample: enough to find all classes among them. */
const candidates = 4;
/** Milliseconds to wait for Temporal's answer. */
const patience = 3_000;

/**
 * Plans a bake-off and starts it, or finds the one of this content: what is done of it is not done again.
 *
 * @throws InvalidInputError if nothing was drawn
 */
export async function startBakeoff(
  deps: BakeoffDeps,
  subject: Subject,
  { variants, sample, seed }: z.output<typeof newBakeoff>,
): Promise<BakeoffInfo> {
  const { store, client } = deps;
  await expectStorage(store);
  const { dataset, solve, classes, drawn } = await subjectsImages(deps, subject, { seed, most: candidates * sample });
  await expectDatasetInUse(store, dataset.name);
  const settled = await settleVariants(deps, variants, solve);
  const chosen = choose(drawn.some, sample, seed).sort((a, b) => a.image.id - b.image.id);
  if (chosen.length === 0) {
    throw new InvalidInputError(
      `nothing was drawn in ${subject.kind} ${subject.name}; expected one drawn image or more`,
    );
  }
  const plan = await writePlan(store, {
    ...{ subject, dataset: dataset.name, code: judgeVersion, seed },
    variants: settled,
    images: await Promise.all(
      chosen.map(async ({ image, strokes }) => ({
        ...image,
        strokes: await keepStrokes(store, strokes, image.extension),
      })),
    ),
    classes,
    whole: { images: dataset.images, drawn: drawn.count, shards: dataset.shards },
  });
  const isDone = (await store.head(bakeoffReportKey(subject, plan.id))) !== undefined;
  if (!isDone) {
    const input = { subject, bakeoff: plan.id, images: plan.images.length, variants: plan.variants.length };
    await startWorkflow(client, bakeoff, input, {
      workflowId: bakeoffRunId({ subject, bakeoff: plan.id }),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
  }
  return describe(deps, plan, new Date());
}

async function subjectsImages(
  { db, store }: BakeoffDeps,
  { kind, name }: Subject,
  wanted: { seed: number; most: number },
) {
  if (kind === 'dataset') {
    const dataset = await datasetOf(store, name);
    const classes = dataset.categories.map(({ name }) => name).filter((name) => typeof name === 'string');
    return { dataset, solve: {}, classes, drawn: await drawnInDataset(store, dataset, wanted) };
  }
  const campaign = await findCampaign(db, name);
  // What the corpus taught belongs to one variant's keys.
  const { corpus: _, ...solve } = campaign.solve;
  return {
    dataset: await readDataset(store, campaign.dataset),
    solve,
    classes: campaign.categories.map(storedName),
    drawn: await drawnInCampaign({ db, store }, campaign, wanted),
  };
}

/** The newest first. */
export async function bakeoffsOf(
  deps: BakeoffDeps,
  subject: Subject,
  { after, limit }: { after?: string; limit: number },
): Promise<Page<BakeoffInfo>> {
  const from = after === undefined ? 0 : decodeCursor(z.number(), after);
  const all = await listBakeoffs(deps.store, subject);
  const part = all.slice(from, from + limit);
  const found = await Promise.all(
    part.map(async ({ id, started }) => {
      const plan = await findPlan(deps.store, subject, id);
      return plan && describe(deps, plan, started);
    }),
  );
  const next = from + limit < all.length ? encodeCursor(from + limit) : null;
  return { items: found.filter((one) => one !== undefined), next };
}

/** @throws NotFoundError if there is none */
export async function findBakeoff(deps: BakeoffDeps, subject: Subject, id: string): Promise<BakeoffInfo> {
  const plan = await findPlan(deps.store, subject, id);
  const kept = plan && (await deps.store.head(bakeoffPlanKey(subject, id)));
  if (!kept) throw new NotFoundError('no such bake-off');
  return describe(deps, plan, kept.modified);
}

/** @throws NotFoundError if there is none, ConflictError unless it runs */
export async function cancelBakeoff(deps: BakeoffDeps, subject: Subject, id: string): Promise<void> {
  const { state } = await findBakeoff(deps, subject, id);
  if (state !== 'running') throw new ConflictError(`the bake-off is ${state}; expected one that runs`);
  await findWorkflow(deps.client, bakeoff, bakeoffRunId({ subject, bakeoff: id })).cancel();
}

async function describe(deps: BakeoffDeps, plan: BakeoffPlan, started: Date): Promise<BakeoffInfo> {
  const { id, subject, dataset, variants, seed, images, whole } = plan;
  return {
    ...{ id, subject, dataset },
    ...(await stateOf(deps, plan)),
    started: started.toISOString(),
    variants: variants.map(({ name, keys, extract: { backbone, layer = null, facet }, preset }) => ({
      ...{ name, backbone, layer, facet, preset, keys },
    })),
    seed,
    images: images.length,
    known: images.filter(({ known }) => known !== undefined).length,
    accepted: images.filter(({ accepted }) => accepted !== undefined).length,
    whole,
  };
}

type State = Pick<BakeoffInfo, 'state' | 'reason' | 'progress' | 'waiting' | 'failing'>;

/** A report says that it is done, for ever; of anything else Temporal knows, for a while. */
async function stateOf({ store, client }: BakeoffDeps, { subject, id }: BakeoffPlan): Promise<State> {
  const ended = { reason: null, progress: null, waiting: null, failing: null };
  if (await store.head(bakeoffReportKey(subject, id))) return { state: 'done', ...ended };
  const run = findWorkflow(client, bakeoff, bakeoffRunId({ subject, bakeoff: id }));
  const within = <T>(ask: () => Promise<T>) => client.connection.withDeadline(Date.now() + patience, ask);
  let status: string;
  try {
    status = (await within(run.describe)).status.name;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return { ...ended, state: 'failed', reason: 'it ended long ago, without a report; expected another start' };
  }
  if (status === 'RUNNING') {
    const [progress, standing] = await Promise.all([
      within(() => run.query('progress')).catch(() => null),
      within(() => standingOf(client, bakeoffRunId({ subject, bakeoff: id }))).catch(() => ({})),
    ]);
    return { ...ended, state: 'running', progress, ...standing };
  }
  if (status === 'CANCELLED' || status === 'TERMINATED') return { ...ended, state: 'cancelled' };
  // The report was written meanwhile.
  if (status === 'COMPLETED') return { ...ended, state: 'done' };
  const reason = await within(run.result).then(
    () => null,
    (error) => rootOf(error).message.replaceAll('\n', ' '),
  );
  return { ...ended, state: 'failed', reason };
}
