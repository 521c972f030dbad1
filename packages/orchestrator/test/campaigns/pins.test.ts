/** Annotators at work while their campaign is switched to a build of other settings, and back. */
import { readBuild } from '@saltworks/store/builds/builds';
import type { Kysely } from 'kysely';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { promoteBuild, rollBack } from '../../dist/builds/promote.js';
import { recordBuild } from '../../dist/builds/record.js';
import { takeSnapshot } from '../../dist/builds/snapshot.js';
import { eventsAfter } from '../../dist/campaigns/assignments/events.js';
import { appendInteractions } from '../../dist/campaigns/assignments/interactions.js';
import { expireLease } from '../../dist/campaigns/assignments/leases.js';
import { returnAssignment } from '../../dist/campaigns/assignments/leave.js';
import { campaignFor } from '../../dist/campaigns/assignments/pins.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { findCampaign } from '../../dist/campaigns/campaigns.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { type BuildWorld, makeBuildWorld } from '../builds/world.ts';
import { makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';

describeDatabases('open assignments', ({ open }) => {
  let db: Kysely<Schema>;
  let world: BuildWorld;
  /** What is shown at first, and a build of other keys. */
  let first: string;
  let other: string;
  beforeAll(async () => {
    ({ db } = await open());
    for (const user of ['ann', 'bob', 'eve']) await makeUser(db, user);
  }, 60_000);
  beforeEach(async () => {
    world = await makeBuildWorld(db);
    const [task] = await world.tasks();
    await world.draw('eve', task);
    first = (await takeSnapshot(world.deps, { subject: world.subject, by: 'owner' })).shown as string;
    const { id } = await world.rebuilt(first, { layer: 9 });
    const build = await readBuild(world.deps.store, world.subject, id);
    await recordBuild(db, build, { base: first, why: 're-labelled', by: 'owner', state: 'made' });
    other = id;
  });

  const promote = () => promoteBuild(world.deps, world.subject, other, { by: 'owner' });
  const take = async (user: string) => {
    const id = await takeTask(db, await findCampaign(db, world.campaign.id), user, { chance: 1 });
    return findAssignment(db, id as string);
  };
  const layerOf = async (id: string) => (await campaignFor(db, await findAssignment(db, id))).layer;
  const drawOn = (id: string) =>
    appendInteractions(
      db,
      id,
      { client: 'window', interactions: [{ seq: 1, interaction: { kind: 'segment', id: 1, category: 2 } }] },
      { until: new Date(Date.now() + 900_000), size: { width: 4, height: 4 }, categories: [1, 2] },
    );
  const told = async (id: string) =>
    (await eventsAfter(db, id, 0)).filter(({ kind }) => kind === 'build').map(({ body }) => body);

  test('go on with their settings through a promotion and a rollback, and are told of both', async () => {
    const held = await take('ann');
    await promote();
    expect(await layerOf(held.id)).toBeUndefined();
    expect((await findAssignment(db, held.id)).pin?.build?.id).toBe(first);
    // Taken while it is held: another window of hers.
    expect((await take('ann')).id).toBe(held.id);
    expect(await layerOf(held.id)).toBeUndefined();
    const next = await take('bob');
    expect([next.pin, await layerOf(next.id)]).toEqual([null, 9]);
    await drawOn(held.id);

    await rollBack(world.deps, world.subject, { by: 'owner' });
    expect([await layerOf(held.id), await layerOf(next.id)]).toEqual([undefined, 9]);
    expect((await findAssignment(db, next.id)).pin?.build?.id).toBe(other);
    expect(await told(held.id)).toMatchObject([
      { build: other, keys: 'tiny-layer9' },
      { build: first, keys: 'tiny' },
    ]);
    expect(await told(next.id)).toMatchObject([{ build: first, keys: 'tiny' }]);
    expect((await findAssignment(db, held.id)).n).toBe(1);
  });

  test('whose lease ran out are drawn on with their settings, and have the new ones once they are taken anew', async () => {
    const lost = await take('ann');
    await expireLease(db, lost.id, new Date(Date.now() + 3_600_000));
    await promote();
    // Strokes of a window that was offline.
    await drawOn(lost.id);
    expect([(await findAssignment(db, lost.id)).state, await layerOf(lost.id)]).toEqual(['leased', undefined]);
    const answered = { answered: 1, refined: 1 };
    await db.updateTable('assignment').set(answered).where('id', '=', lost.id).execute();

    await returnAssignment(db, lost.id);
    const again = await take('ann');
    expect([again.id, again.pin, await layerOf(lost.id)]).toEqual([lost.id, null, 9]);
    // Answers that were made with other keys are made anew.
    expect([again.n, again.answered, again.refined]).toEqual([1, 0, 0]);
  });

  test('change with what holds for strokes at any time', async () => {
    const held = await take('ann');
    await promote();
    const strokes = JSON.stringify({ strokes: 'hold' });
    await db.updateTable('campaign').set({ solve: strokes }).where('id', '=', world.campaign.id).execute();
    expect((await campaignFor(db, await findAssignment(db, held.id))).solve).toEqual({ strokes: 'hold' });
  });
});
