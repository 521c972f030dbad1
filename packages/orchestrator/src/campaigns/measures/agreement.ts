/** How far annotators of the same images agree, with each other and with known masks, and how reliable that makes them. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Agreement } from '@saltworks/contract/api/measures';
import type { AgreementReport } from '@saltworks/contract/documents/agreement';
import type { AgreePair } from '@saltworks/contract/layout';
import { reliabilities } from '@saltworks/core/crowd/reliability';
import { byStoredName } from '@saltworks/core/drawing/classes';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Client } from '@temporalio/client';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { readReport, startComparing } from './compare.ts';
import { type Submission, submissionsOf } from './submissions.ts';
import { truthsOf } from './truths.ts';

export interface MeasureDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  client: Client;
}

type Measures = Exclude<AgreementReport, { reason: string }>;
type Compare = (pair: AgreePair, submission: Submission) => Promise<Measures | undefined>;

/**
 * What stored reports say; missing ones are asked for, and count as pending.
 *
 * @param limit assignments looked at, the latest first
 */
export async function campaignAgreement(
  { db, store, client }: MeasureDeps,
  campaign: Campaign,
  limit = 2_000,
): Promise<Agreement> {
  const submissions = await submissionsOf(db, campaign.id, { limit });
  const missing: AgreePair[] = [];
  const again: AgreePair[] = [];
  const incomparable: Agreement['incomparable'] = [];
  const compare: Compare = async (pair, { task, name }) => {
    const report = await readReport(store, pair);
    if (!report) missing.push(pair);
    else if (!('reason' in report)) return report;
    else {
      incomparable.push({ task, name, reason: report.reason });
      if (report.again) again.push(pair);
    }
    return undefined;
  };
  const { overlaps, ...among } = await amongAnnotators(submissions, compare, campaign);
  const honeypots = await withKnownMasks(store, campaign, submissions, compare);
  const asked = [...missing, ...again];
  if (asked.length > 0) await startComparing(client, campaign, asked);
  return {
    ...among,
    honeypots,
    annotators: reliabilities({
      honeypots: honeypots.map(({ annotator, miou }) => ({ annotator, score: miou })),
      overlaps,
    }),
    incomparable,
    pending: missing.length,
  };
}

interface Overlap {
  annotators: [string, string];
  score: number;
}

/** Every pair of masks of one image. */
async function amongAnnotators(
  submissions: readonly Submission[],
  compare: Compare,
  { categories }: Campaign,
): Promise<Pick<Agreement, 'images' | 'classes'> & { overlaps: Overlap[] }> {
  const images: Agreement['images'] = [];
  const overlaps: Overlap[] = [];
  const byClass = new Map<string, number[]>();
  const named = byStoredName(categories);
  for (const [task, works] of groupBy(submissions, ({ task }) => task)) {
    if (works.length < 2) continue;
    const reports: Measures[] = [];
    for (const [i, a] of works.entries()) {
      for (const b of works.slice(i + 1)) {
        const [first, second] = a.mask < b.mask ? [a, b] : [b, a];
        const report = await compare({ a: first.mask, b: second.mask }, a);
        if (!report) continue;
        reports.push(report);
        overlaps.push({ annotators: [a.user, b.user], score: report.miou });
        for (const { category, iou } of report.classes) {
          const name = named.get(category)?.name ?? category;
          byClass.set(name, [...(byClass.get(name) ?? []), iou]);
        }
      }
    }
    if (reports.length === 0) continue;
    const of = (field: 'miou' | 'pixels' | 'kappa') => mean(reports.map((report) => report[field]));
    images.push({
      task,
      name: works[0].name,
      annotators: works.length,
      miou: of('miou'),
      pixels: of('pixels'),
      kappa: of('kappa'),
    });
  }
  const classes = [...byClass].sort().map(([category, ious]) => ({ category, iou: mean(ious), pairs: ious.length }));
  return { images, classes, overlaps };
}

/** Every mask of a known image with the image's true mask. */
async function withKnownMasks(
  store: ObjectStore,
  { id, dataset }: Campaign,
  submissions: readonly Submission[],
  compare: Compare,
): Promise<Agreement['honeypots']> {
  const found: Agreement['honeypots'] = [];
  const truthOf = truthsOf(store, dataset);
  for (const submission of submissions.filter(({ honeypot }) => honeypot)) {
    const { task, user, mask, sha256 } = submission;
    const known = { dataset, sha256, campaign: id, truth: await truthOf(sha256) };
    const report = await compare({ a: mask, b: known }, submission);
    if (report) found.push({ task, annotator: user, miou: report.miou });
  }
  return found;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
