/** Extraction of the keys of a campaign's images. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Preparation } from '@saltworks/contract/api/runs';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { NotFoundError } from '../errors.ts';
import { runId } from '../runs/ids.ts';
import type { Runs } from '../runs/runs.ts';
import { keysOf } from './keys.ts';
import { progressOf } from './progress.ts';

/** @returns `cancelled` also where no extraction was started */
export async function preparationOf(
  { db, runs }: { db: Kysely<Schema>; runs: Runs },
  campaign: Campaign,
): Promise<Preparation> {
  const none = { reason: null, waiting: null, failing: null };
  if ((await progressOf(db, campaign.id)).filled) return { state: 'done', ...none };
  const run = await runs.started({ id: runId('extract', campaign.dataset, keysOf(campaign)) }).catch((error) => {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  });
  if (!run) return { state: 'cancelled', ...none };
  const { state, reason, waiting, failing } = run;
  return { state, reason, waiting, failing };
}
