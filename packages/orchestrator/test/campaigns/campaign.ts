/** Users, and campaigns with images, as the server makes them. */
import { randomUUID } from 'node:crypto';
import type { Campaign, NewCampaign } from '@saltworks/contract/api/campaigns';
import type { MemberRole } from '@saltworks/contract/api/states';
import type { Kysely } from 'kysely';
import { createCampaign } from '../../dist/campaigns/campaigns.js';
import { setMember } from '../../dist/campaigns/members.js';
import { fillShard } from '../../dist/campaigns/tasks/fill.js';
import type { Schema } from '../../dist/db/schema.js';

/** @returns its id */
export async function makeUser(db: Kysely<Schema>, name: string = randomUUID()): Promise<string> {
  await db
    .insertInto('user')
    .values({ id: name, name, email: `${name}@example.org`, emailVerified: true })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return name;
}

export const makeUsers = (db: Kysely<Schema>, count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => makeUser(db)));

/** @param images of the dataset, of which the first `known` are known images @param members by role */
export async function makeCampaign(
  db: Kysely<Schema>,
  {
    images = 3,
    known = 0,
    members = {},
    ...changes
  }: { images?: number; known?: number; members?: Partial<Record<MemberRole, string[]>> } & Partial<NewCampaign> = {},
): Promise<Campaign> {
  const owner = await makeUser(db, 'owner');
  const campaign = await createCampaign(
    db,
    {
      id: randomUUID(),
      name: 'Salt pans',
      dataset: 'pans',
      backbone: 'tiny',
      preset: 'best',
      solve: {},
      ordering: 'import',
      categories: [
        { id: 1, name: 'salt', colour: '#ffffff', isthing: false },
        { id: 2, name: 'heap', colour: '#ff0000', isthing: true },
      ],
      ...changes,
    },
    { actor: owner, shards: 1 },
  );
  const rows = Array.from({ length: images }, (_, i) => ({
    id: i + 1,
    sha256: (i + 1).toString(16).padStart(64, '0'),
    name: `${i + 1}.png`,
    object: `images/${i + 1}.png`,
    bytes: 1,
    version: '1',
  }));
  await fillShard(db, campaign, 0, rows, new Set(rows.slice(0, known).map(({ sha256 }) => sha256)));
  for (const [role, users] of Object.entries(members)) {
    for (const user of users) await setMember(db, campaign.id, await makeUser(db, user), role as MemberRole, owner);
  }
  return campaign;
}

/** Names of a campaign's images by user, and by state. */
export const assignmentsOf = (db: Kysely<Schema>, campaign: string) =>
  db
    .selectFrom('assignment')
    .innerJoin('task', 'task.id', 'assignment.task')
    .select(['assignment.id', 'assignment.user_id as user', 'assignment.state', 'task.name', 'task.id as task'])
    .where('assignment.campaign', '=', campaign)
    .orderBy('task.rank')
    .orderBy('assignment.user_id')
    .execute();

export const tasksOf = (db: Kysely<Schema>, campaign: string) =>
  db
    .selectFrom('task')
    .select(['id', 'name', 'taken', 'state', 'honeypot'])
    .where('campaign', '=', campaign)
    .orderBy('rank')
    .execute();
