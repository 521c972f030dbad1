/** Campaigns that are put away: into the archive, from where they come back as they were, or deleted, to be restored for a while. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Kysely } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { daysAgo } from '../days-ago.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';
import type { Answers } from './answers/answers.ts';
import { returnAssignments } from './assignments/leave.ts';
import { findCampaign } from './campaigns.ts';

interface ShelfDeps {
  db: Kysely<Schema>;
  answers: Pick<Answers, 'closed'>;
}

/** In which list a campaign is. */
export const placeOf = ({ archived, deleted }: Campaign): 'current' | 'archived' | 'deleted' =>
  deleted ? 'deleted' : archived ? 'archived' : 'current';

/** Images that are held are given back, with what is drawn; what was sent back waits. */
export async function archiveCampaign(deps: ShelfDeps, id: string, actor: string): Promise<Campaign> {
  await put(deps.db, id, actor, 'campaign.archive', ({ archived }) => ({ archived: archived ?? new Date() }));
  await giveBack(deps, id);
  return findCampaign(deps.db, id);
}

export async function unarchiveCampaign(db: Kysely<Schema>, id: string, actor: string): Promise<Campaign> {
  await put(db, id, actor, 'campaign.unarchive', () => ({ archived: null }));
  return findCampaign(db, id);
}

/** Of one that was deleted before, the time when it goes may only come nearer. @returns that time, ISO 8601 */
export async function dropCampaign(
  deps: ShelfDeps & { graceDays: number },
  id: string,
  actor: string,
): Promise<string> {
  const goes = daysAgo(-deps.graceDays);
  await put(deps.db, id, actor, 'campaign.delete', (was) => ({
    deleted: was.deleted ?? new Date(),
    goes: was.goes && was.goes < goes ? was.goes : goes,
  }));
  await giveBack(deps, id);
  return (await findCampaign(deps.db, id)).deleted?.goes ?? goes.toISOString();
}

/** @throws ConflictError once its time has come: it may be half gone */
export async function restoreCampaign(db: Kysely<Schema>, id: string, actor: string): Promise<Campaign> {
  await put(db, id, actor, 'campaign.restore', ({ goes }) => {
    if (goes && goes <= new Date()) throw new ConflictError(`campaign ${id} goes: its grace period has ended`);
    return { deleted: null, goes: null };
  });
  return findCampaign(db, id);
}

type Places = Partial<Record<'archived' | 'deleted' | 'goes', Date | null>>;

async function put(
  db: Kysely<Schema>,
  id: string,
  actor: string,
  action: string,
  placed: (was: { archived: Date | null; deleted: Date | null; goes: Date | null }) => Places,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const was = await tx
      .selectFrom('campaign')
      .select(['archived', 'deleted', 'goes'])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const places = placed(was);
    await tx
      .updateTable('campaign')
      .set({ ...places, updated: new Date() })
      .where('id', '=', id)
      .execute();
    // Times as the trail keeps them: its hash is of text.
    const detail = Object.fromEntries(Object.entries(places).map(([name, at]) => [name, at?.toISOString() ?? null]));
    await audit(tx, { actor, action, object: id, detail });
  });
}

async function giveBack({ db, answers }: ShelfDeps, campaign: string): Promise<void> {
  for (const id of await returnAssignments(db, { campaign, states: ['leased'] })) answers.closed(id);
}
