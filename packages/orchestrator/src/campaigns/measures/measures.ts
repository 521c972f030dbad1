/** What a campaign's log says of its annotators: time spent, agreement, reliability, and what they say together. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Agreement, Weighting } from '@saltworks/contract/api/measures';
import type { AgreementReport } from '@saltworks/contract/documents/agreement';
import { type AgreePair, agreementKey } from '@saltworks/contract/layout';
import {
  agreeImages,
  type ConsensusAnswer,
  type ConsensusRequest,
  consensusImage,
} from '@saltworks/contract/messages/measure';
import {
  type EffortTotals,
  effortTotals,
  type ImageEffort,
  imageEffort,
  type Work,
} from '@saltworks/core/crowd/effort';
import { reliabilities } from '@saltworks/core/crowd/reliability';
import { readAgreement } from '@saltworks/store/datasets/agreement';
import { truthId } from '@saltworks/store/datasets/truth';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { type Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { executeWorkflow, findWorkflow, startWorkflow } from '../../temporal/workflows.ts';

/** Time spent on one assignment, from the server's own clock. */
export async function assignmentEffort(db: Kysely<Schema>, assignment: string): Promise<ImageEffort> {
  const { created, submitted } = await db
    .selectFrom('assignment')
    .select(['created', 'submitted'])
    .where('id', '=', assignment)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('interaction')
    .select(['body', 'received'])
    .where('assignment', '=', assignment)
    .orderBy('n')
    .execute();
  return imageEffort(
    rows.map(({ body, received }) => ({ at: received.getTime(), interaction: body })),
    { opened: created.getTime(), submitted: submitted?.getTime() },
  );
}

/** Time spent on a campaign, by annotator and category. @param limit assignments looked at, the latest first */
export async function campaignEffort(db: Kysely<Schema>, { id }: Campaign, limit = 5_000): Promise<EffortTotals> {
  const rows = await db
    .selectFrom('assignment')
    .select(['id', 'user_id'])
    .where('campaign', '=', id)
    .where('n', '>', 0)
    .orderBy('created', 'desc')
    .limit(limit)
    .execute();
  const works: Work[] = [];
  for (const row of rows) works.push({ annotator: row.user_id, effort: await assignmentEffort(db, row.id) });
  return effortTotals(works);
}

interface Handed {
  task: string;
  name: string;
  sha256: string;
  honeypot: boolean;
  assignment: string;
  user: string;
  mask: string;
  n: number;
}

type Measures = Exclude<AgreementReport, { reason: string }>;

/** @param limit assignments looked at, the latest first */
export async function campaignAgreement(
  { db, store, client }: { db: Kysely<Schema>; store: ObjectStore; client: Client },
  campaign: Campaign,
  limit = 2_000,
): Promise<Agreement> {
  const handed = await handedIn(db, campaign.id, { limit });
  const compared = {
    images: [] as Agreement['images'],
    overlaps: [] as { annotators: [string, string]; score: number }[],
  };
  const byClass = new Map<string, number[]>();
  const missing: AgreePair[] = [];
  const again: AgreePair[] = [];
  const incomparable: Agreement['incomparable'] = [];
  const compare = async (pair: AgreePair, { task, name }: Handed): Promise<Measures | undefined> => {
    const report = await readReport(store, pair);
    if (!report) missing.push(pair);
    else if (!('reason' in report)) return report;
    else {
      incomparable.push({ task, name, reason: report.reason });
      if (report.again) again.push(pair);
    }
    return undefined;
  };
  for (const [task, works] of groupBy(handed, ({ task }) => task)) {
    if (works.length < 2) continue;
    const reports: Measures[] = [];
    for (const [i, a] of works.entries()) {
      for (const b of works.slice(i + 1)) {
        const [first, second] = a.mask < b.mask ? [a, b] : [b, a];
        const report = await compare({ a: first.mask, b: second.mask }, a);
        if (!report) continue;
        reports.push(report);
        compared.overlaps.push({ annotators: [a.user, b.user], score: report.miou });
        for (const { category, iou } of report.classes) byClass.set(category, [...(byClass.get(category) ?? []), iou]);
      }
    }
    if (reports.length === 0) continue;
    const of = (field: 'miou' | 'pixels' | 'kappa') => mean(reports.map((report) => report[field]));
    compared.images.push({
      task,
      name: works[0].name,
      annotators: works.length,
      miou: of('miou'),
      pixels: of('pixels'),
      kappa: of('kappa'),
    });
  }
  const honeypots: Agreement['honeypots'] = [];
  const truths = new Map<string, Promise<string | undefined>>();
  for (const work of handed.filter(({ honeypot }) => honeypot)) {
    const { task, user, mask, sha256 } = work;
    const known = { dataset: campaign.dataset, sha256 };
    const truth = truths.get(sha256) ?? truthId(store, known);
    truths.set(sha256, truth);
    const report = await compare({ a: mask, b: { ...known, campaign: campaign.id, truth: await truth } }, work);
    if (report) honeypots.push({ task, annotator: user, miou: report.miou });
  }
  const asked = [...missing, ...again];
  if (asked.length > 0) await startComparing(client, campaign, asked);
  return {
    images: compared.images,
    classes: [...byClass].sort().map(([category, ious]) => ({ category, iou: mean(ious), pairs: ious.length })),
    honeypots,
    annotators: reliabilities({
      honeypots: honeypots.map(({ annotator, miou }) => ({ annotator, score: miou })),
      overlaps: compared.overlaps,
    }),
    incomparable,
    pending: missing.length,
  };
}

/** Of each store those that were read: a report of this version never changes, unless it says so. */
const reports = new WeakMap<ObjectStore, Map<string, AgreementReport>>();
const rememberedReports = 10_000;

async function readReport(store: ObjectStore, pair: AgreePair): Promise<AgreementReport | undefined> {
  const known = reports.get(store) ?? new Map<string, AgreementReport>();
  reports.set(store, known);
  const key = agreementKey(pair);
  const report = known.get(key) ?? (await readAgreement(store, pair));
  if (report && !('again' in report)) known.set(key, report);
  if (known.size > rememberedReports) known.delete(known.keys().next().value as string);
  return report;
}

/** How long reliability waits for masks to be compared, milliseconds. */
const comparingMs = 60_000;

/**
 * How much each annotator of a campaign counts.
 *
 * @param weights as they are reliable, once all that was handed in is compared; all the same; or as given
 * @throws ConflictError if nobody compares
 */
async function countsOf(
  deps: { db: Kysely<Schema>; store: ObjectStore; client: Client },
  campaign: Campaign,
  weights: Weighting | Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, number>>> {
  if (weights === 'equal') return {};
  if (weights !== 'reliability') return weights;
  const until = Date.now() + comparingMs;
  for (let least = Number.POSITIVE_INFINITY; ; ) {
    const { annotators, pending } = await campaignAgreement(deps, campaign);
    if (pending === 0) return Object.fromEntries(annotators.map(({ annotator, weight }) => [annotator, weight]));
    if (pending >= least || Date.now() >= until) {
      throw new ConflictError(
        `${pending} pairs of masks wait to be compared; expected a worker with the role propagate`,
      );
    }
    least = pending;
    const { client } = deps;
    // Whether it failed, or nobody works on it, the next look tells.
    await client.connection
      .withDeadline(until, findWorkflow(client, agreeImages, agreeing(campaign.id)).result)
      .catch(() => {});
  }
}

const agreeing = (campaign: string) => `agree/${campaign}`;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One run at a time a campaign; what it leaves is asked for next time. */
async function startComparing(
  client: Client,
  { id, categories }: Campaign,
  pairs: readonly AgreePair[],
): Promise<void> {
  const input = { pairs: pairs.slice(0, 500), classes: categories.map(({ name }) => name) };
  await startWorkflow(client, agreeImages, input, {
    workflowId: agreeing(id),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
  });
}

async function handedIn(
  db: Kysely<Schema>,
  campaign: string,
  { task, limit = 1_000 }: { task?: string; limit?: number },
): Promise<Handed[]> {
  let query = db
    .selectFrom('assignment')
    .innerJoin('task', 'task.id', 'assignment.task')
    .select([
      'task.id as task',
      'task.name',
      'task.sha256',
      'task.honeypot',
      'assignment.id as assignment',
      'assignment.user_id as user',
      'assignment.mask',
      'assignment.n',
    ])
    .where('assignment.campaign', '=', campaign)
    .where('assignment.state', 'in', ['submitted', 'accepted'])
    .orderBy('assignment.submitted', 'desc')
    .orderBy('assignment.id')
    .limit(limit);
  if (task !== undefined) query = query.where('task.id', '=', task);
  return (await query.execute()).flatMap(({ mask, ...row }) => (mask === null ? [] : [{ ...row, mask }]));
}

/**
 * What the annotators of an image say together, in one solve over all their strokes.
 *
 * @param weights by user, whoever is not named counts 1; or how they are found
 * @throws ConflictError if nobody has handed anything in
 */
export async function makeConsensus(
  deps: { db: Kysely<Schema>; store: ObjectStore; client: Client },
  campaign: Campaign,
  task: string,
  weights: Weighting | Readonly<Record<string, number>>,
): Promise<ConsensusAnswer & { weights: Record<string, number> }> {
  const { db, client } = deps;
  const handed = await handedIn(db, campaign.id, { task });
  if (handed.length === 0) throw new ConflictError('nothing was handed in; expected one mask or more');
  const counts = await countsOf(deps, campaign, weights);
  const { object } = await db.selectFrom('task').select('object').where('id', '=', task).executeTakeFirstOrThrow();
  const { backbone, preset, solve } = campaign;
  const request: ConsensusRequest = {
    image: { sha256: handed[0].sha256, name: handed[0].name, object },
    extract: { backbone, facet: 'key' },
    preset,
    solve,
    annotations: handed.map(({ user, assignment, n, mask }) => ({
      annotator: user,
      assignment,
      n,
      mask,
      weight: counts[user] ?? 1,
    })),
  };
  const answer = await executeWorkflow(client, consensusImage, request, {
    workflowId: `consensus/${task}`,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.TERMINATE_EXISTING,
  });
  const used = Object.fromEntries(request.annotations.map(({ annotator, weight }) => [annotator, weight]));
  const row = { mask: answer.mask, weights: JSON.stringify(used), made: new Date() };
  await db
    .insertInto('consensus')
    .values({ task, ...row })
    .onConflict((conflict) => conflict.column('task').doUpdateSet(row))
    .execute();
  return { ...answer, weights: used };
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
