/**
 * Assignments that are open while their campaign's settings are switched go on with the settings that they were opened with, so
 * that page and server label alike. The next annotator who takes one has the campaign's.
 */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { AssignmentEventBody } from '@saltworks/contract/api/events';
import { type Kysely, sql, type Transaction } from 'kysely';
import { shownBuild } from '../../builds/current.ts';
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
  const pin = await pinNow(tx, campaign, from);
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

/** Pins them likewise before settings change where no other build is shown: there is nothing to tell their pages. */
export async function pinQuietly(tx: Transaction<Schema>, campaign: string): Promise<void> {
  const shown = await shownBuild(tx, { kind: 'campaign', name: campaign });
  const build = shown ? { id: shown.build, since: shown.at.toISOString() } : null;
  const pin = await pinNow(tx, campaign, build);
  await sql`
    update assignment set pinned = coalesce(pinned, ${JSON.stringify(pin)}::jsonb)
    where campaign = ${campaign} and state in ('leased', 'returned', 'sent_back')`.execute(tx);
}

/** @param build that is shown now */
async function pinNow(tx: Transaction<Schema>, campaign: string, build: Pin['build']): Promise<Pin> {
  // Waits for those that are just being given out, which have the settings of now.
  await tx.selectFrom('campaign').select('id').where('id', '=', campaign).forUpdate().execute();
  const settings = await findCampaign(tx, campaign);
  const { preset, solve } = settings;
  return { extract: extractOf(settings), preset, solve, build };
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
  const corpus = solve.corpus === undefined ? 'off' : 'on';
  return { ...campaign, backbone, layer, facet, longSide, codec, preset, corpus, solve: { ...solve, ...held } };
}
