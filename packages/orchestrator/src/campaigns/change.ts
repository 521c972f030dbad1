/** A campaign's settings, changed while it runs. */
import type { Campaign, CampaignChanges } from '@saltworks/contract/api/campaigns';
import { type Kysely, sql, type Transaction } from 'kysely';
import { audit } from '../accounts/audit.ts';
import type { Schema } from '../db/schema.ts';
import { pinQuietly } from './assignments/pins.ts';
import { columnsOf, findCampaign } from './campaigns.ts';
import { settleTasks } from './tasks/count.ts';

/** @param beside prior: what is heard of the corpus, where that becomes `on` */
export async function changeCampaign(
  db: Kysely<Schema>,
  id: string,
  changes: CampaignChanges,
  actor: string,
  { prior }: { prior?: string } = {},
): Promise<Campaign> {
  await db.transaction().execute(async (tx) => {
    if (changes.corpus !== undefined) await hearPrior(tx, id, changes.corpus === 'on' ? prior : undefined);
    await tx
      .updateTable('campaign')
      .set({ ...columnsOf(changes), updated: new Date() })
      .$if(changes.strokes !== undefined, (update) =>
        update.set({ solve: sql`solve || ${JSON.stringify({ strokes: changes.strokes })}::jsonb` }),
      )
      .where('id', '=', id)
      .execute();
    if (changes.annotators !== undefined) await settleTasks(tx, { campaign: id });
    const detail = { ...changes, ...(prior !== undefined && { prior }) };
    await audit(tx, { actor, action: 'campaign.change', object: id, detail });
  });
  return findCampaign(db, id);
}

/** From the next image on a campaign hears this prior, or none: images that are open go on as they began. */
async function hearPrior(tx: Transaction<Schema>, id: string, prior: string | undefined): Promise<void> {
  if ((await findCampaign(tx, id)).solve.corpus === prior) return;
  await pinQuietly(tx, id);
  const none = sql<string>`solve - 'corpus'`;
  const solve = prior === undefined ? none : sql<string>`solve || ${JSON.stringify({ corpus: prior })}::jsonb`;
  await tx.updateTable('campaign').set({ solve, corpus_switched: true }).where('id', '=', id).execute();
}
