/**
 * Assignments that are open while their campaign's settings are switched go on with the settings that they were opened with, so
 * that page and server label alike. The next annotator who takes one has the campaign's.
 */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { AssignmentEventBody } from '@saltworks/contract/api/events';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Pin } from '../../db/json.ts';
import type { Schema } from '../../db/schema.ts';
import { findCampaign } from '../campaigns.ts';
import { extractOf } from '../keys.ts';

/**
 * Pins all assignments that may be drawn on without being taken anew, and tells their pages that another build is shown. Call
 * it before the campaign's settings are changed and before the audit, in the same transaction.
 *
 * @param from the build that was shown until now, if any @param to the one that is shown from now on
 */
export async function pinOpen(
  tx: Transaction<Schema>,
  campaign: string,
  { from, to }: { from: Pin['build']; to: AssignmentEventBody<'build'> },
): Promise<void> {
  // Waits for those that are just being given out, which have the settings of now.
  await tx.selectFrom('campaign').select('id').where('id', '=', campaign).forUpdate().execute();
  const settings = await findCampaign(tx, campaign);
  const { preset, solve } = settings;
  const pin: Pin = { extract: extractOf(settings), preset, solve, build: from };
  await sql`
    with told as (
      update assignment set event = event + 1, pinned = coalesce(pinned, ${JSON.stringify(pin)}::jsonb)
      where campaign = ${campaign} and state in ('leased', 'returned', 'sent_back')
      returning id, event
    )
    insert into event (assignment, n, kind, body) select id, event, 'build', ${JSON.stringify(to)}::jsonb from told`.execute(
    tx,
  );
}

/** An assignment's campaign, with the settings that the assignment goes on with. @throws NotFoundError */
export async function campaignFor(
  db: Kysely<Schema>,
  { campaign: id, pin }: { campaign: string; pin: Pin | null },
): Promise<Campaign> {
  const campaign = await findCampaign(db, id);
  if (pin === null) return campaign;
  const { preset, solve } = pin;
  const { backbone, layer, facet, longSide, codec } = pin.extract;
  // Whether strokes are held is changed at any time, for all.
  const { strokes = solve.strokes } = campaign.solve;
  const held = strokes === undefined ? {} : { strokes };
  return { ...campaign, backbone, layer, facet, longSide, codec, preset, solve: { ...solve, ...held } };
}
