import { readBuild } from '@saltworks/store/builds/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { readBuildReport } from '@saltworks/store/builds/reports';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { recordBuild } from '../../dist/builds/record.js';
import { takeSnapshot } from '../../dist/builds/snapshot.js';
import { findCampaign } from '../../dist/campaigns/campaigns.js';
import { setMember } from '../../dist/campaigns/members.js';
import type { Schema } from '../../dist/db/schema.js';
import { type BuildWorld, makeBuildWorld, recipeOf } from '../builds/world.ts';
import { makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';

describeDatabases('builds over the API', ({ open }) => {
  let db: Kysely<Schema>;
  let server: TestServer;
  beforeAll(async () => {
    server = await openServer(await open(), { recipeOf });
    ({ db } = server.deps);
    for (const user of ['ann', 'bob', 'owner']) await makeUser(db, user);
  }, 60_000);
  afterAll(() => server?.close());

  let world: BuildWorld;
  let keys: { manager: string; reviewer: string };
  let base: string;
  let made: string;
  /** A campaign with a build that is shown, and one of other settings. */
  beforeEach(async () => {
    world = await makeBuildWorld(db, { store: server.deps.store });
    keys = { manager: await server.key('mia'), reviewer: await server.key('rob') };
    await setMember(db, world.campaign.id, 'mia', 'manager', 'owner');
    await setMember(db, world.campaign.id, 'rob', 'reviewer', 'owner');
    const tasks = await world.tasks();
    await world.draw('ann', tasks[0]);
    await world.draw('bob', tasks[1], 2);
    base = (await takeSnapshot(world.deps, { subject: world.subject, by: 'owner' })).shown as string;
    const rebuilt = await world.rebuilt(base, { backbone: 'other' });
    made = rebuilt.id;
    await recordBuild(db, rebuilt, { base, why: 're-labelled', by: null, state: 'held' });
  });

  const at = () => `/api/builds/campaign:${world.campaign.id}`;
  const ask = (method: string, path: string, body?: unknown, role: keyof typeof keys = 'manager') =>
    server.call(method, `${at()}${path}`, { key: keys[role], body });
  const masksOf = async (id: string) => {
    const build = await readBuild(server.deps.store, world.subject, id);
    return (await readBuildReport(server.deps.store, build, 0))?.masks.map(({ mask }) => mask) ?? [];
  };

  test('the list, what is shown, the lineage of a mask with names, and the mask itself', async () => {
    const list = await ask('GET', '', undefined, 'reviewer');
    expect(
      list.body.items.map(({ id, state, current }: { id: string; state: string; current: boolean }) => [
        id,
        state,
        current,
      ]),
    ).toEqual([
      [made, 'held', false],
      [base, 'shown', true],
    ]);
    const shown = await ask('GET', '/shown');
    expect(shown.body).toMatchObject({ build: { id: base, by: 'owner', why: 'drawn' }, back: null });
    expect((await ask('GET', '/shown?at=1999-01-01T00:00:00Z')).body).toEqual({ build: null, back: null });
    const image = await ask('GET', `/${made}/images/2`, undefined, 'reviewer');
    expect(image.body).toMatchObject({
      ...{ id: 2, name: '2.png', drawings: [{ by: 'bob', n: 3 }] },
      settings: { extract: { backbone: 'other' }, code: 6, preset: 'best' },
    });
    const mask = await ask('GET', `/${made}/images/2/mask`);
    expect([mask.status, mask.text]).toEqual([200, `png of ${(await masksOf(made))[1]}`]);
    expect(await ask('GET', `/${made}/images/2/mask?of=offered`)).toMatchObject({ status: 404 });
    expect(await ask('GET', `/${made}/images/3`)).toMatchObject({ status: 404 });
    expect(await ask('GET', '/0123456789abcdef/images/1')).toMatchObject({ status: 404 });
  });

  test('managers show a build and go back; nobody goes back from another build than they think', async () => {
    expect(await ask('POST', `/${made}/promote`, {}, 'reviewer')).toMatchObject({ status: 403 });
    expect(await ask('POST', '/rollback', {})).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('expected one before it to go back to') },
    });
    expect((await ask('POST', `/${made}/promote`, {})).body).toMatchObject({ id: made, current: true, state: 'shown' });
    expect((await ask('GET', '/shown')).body).toMatchObject({ build: { id: made }, back: { id: base } });
    expect(await ask('POST', '/rollback', { from: base })).toMatchObject({
      status: 409,
      body: { detail: { shown: made } },
    });
    expect((await ask('POST', '/rollback', { from: made })).body).toMatchObject({ id: base, current: true });
    const audits = await db
      .selectFrom('audit')
      .select(['action', 'actor'])
      .where('object', '=', world.campaign.id)
      .execute();
    expect(audits.map(({ action, actor }) => `${actor} ${action}`)).toEqual(
      expect.arrayContaining(['owner build.promote', 'mia build.promote', 'mia build.rollback']),
    );
  });

  test('some images: a build of its own, which keeps the settings and says what was chosen', async () => {
    const [before, after] = [await masksOf(base), await masksOf(made)];
    const refused = await ask('POST', `/${made}/promote`, { take: [7] });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: `image 7 is not in build ${made}; expected one that is` },
    });
    expect(await ask('POST', `/${made}/promote`, { take: [1], keep: [2] })).toMatchObject({ status: 400 });
    const mixed = await ask('POST', `/${made}/promote`, { take: [2] });
    expect(mixed.body).toMatchObject({
      ...{ current: true, state: 'shown', why: `in part of ${made}`, by: 'mia', base, images: 2, kept: 1 },
      settings: { backbone: 'tiny' },
    });
    expect(await masksOf(mixed.body.id)).toEqual([before[0], after[1]]);
    const build = await readBuild(server.deps.store, world.subject, mixed.body.id);
    const lines = await readBuildLines(server.deps.store, build.lines[0]);
    expect(lines.map(({ kept, settings }) => [kept, settings])).toEqual([
      ['chosen', 0],
      [undefined, 1],
    ]);
    expect((await findCampaign(db, world.campaign.id)).backbone).toBe('tiny');
    expect((await ask('GET', `/${made}`)).body.state).toBe('rejected');
    // All but the first of what is shown now changes nothing, and one step leads back.
    expect((await ask('POST', `/${made}/promote`, { keep: [1] })).body.id).toBe(mixed.body.id);
    expect((await ask('POST', '/rollback', {})).body.id).toBe(base);
    expect((await ask('POST', `/${made}/promote`, { keep: [2] })).body.kept).toBe(1);
  });

  test('none: the build is rejected, and may still be shown later', async () => {
    expect((await ask('POST', `/${made}/reject`)).body).toMatchObject({ state: 'rejected', current: false });
    expect(await ask('POST', `/${base}/reject`)).toMatchObject({ status: 409 });
    expect(await ask('POST', '/0123456789abcdef/reject')).toMatchObject({ status: 404 });
    expect((await ask('POST', `/${made}/promote`, {})).body).toMatchObject({ state: 'shown' });
  });
});
