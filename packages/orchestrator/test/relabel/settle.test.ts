import { comparisonKey } from '@saltworks/contract/layout';
import { readBuild } from '@saltworks/store/builds/builds';
import type { Kysely } from 'kysely';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { shownBuild } from '../../dist/builds/current.js';
import { promoteBuild, rollBack } from '../../dist/builds/promote.js';
import { findBuild } from '../../dist/builds/read.js';
import { recordBuild, rejectBuild } from '../../dist/builds/record.js';
import { takeSnapshot } from '../../dist/builds/snapshot.js';
import type { Schema } from '../../dist/db/schema.js';
import { settle } from '../../dist/relabel/settle.js';
import { type BuildWorld, makeBuildWorld } from '../builds/world.ts';
import { makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';

/** Nothing changed. */
const same = {
  ...{ version: 1, images: 1, changed: 0, kept: 0, added: 0, removed: 0, failed: 0, share: 0, iou: 1 },
  ...{ histogram: [1], why: {}, classes: [], known: null, accepted: null, offered: null },
};

describeDatabases('the end of a re-labelling', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    ({ db } = await open());
    for (const user of ['ann', 'owner']) await makeUser(db, user);
  }, 60_000);

  let world: BuildWorld;
  let tasks: string[];
  let base: string;
  let build: string;
  beforeEach(async () => {
    world = await makeBuildWorld(db);
    tasks = await world.tasks();
    await world.draw('ann', tasks[0]);
    base = await snap();
    build = await made({ layer: 3 }, 'owner');
  });

  const snap = async () => (await takeSnapshot(world.deps, { subject: world.subject, by: null })).shown as string;
  const shown = async () => (await shownBuild(db, world.subject))?.build;
  const stateOf = async () => (await findBuild(db, world.subject, build)).state;

  /** A build as it lies there when all its masks are made and compared. */
  async function made(settings: { layer: number }, by: string | null): Promise<string> {
    const { id } = await world.rebuilt(base, settings);
    const document = await readBuild(world.deps.store, world.subject, id);
    await recordBuild(db, document, { base, why: 're-labelled', by, state: 'making' });
    const key = comparisonKey(world.subject, base, id);
    await world.deps.store.put(key, JSON.stringify({ ...same, before: base, after: id }));
    return id;
  }

  const end = (promote: 'auto' | 'hold' | 'never' = 'auto', by: string | null = 'owner') =>
    settle(
      world.deps,
      { subject: world.subject, build, base, by, why: 're-labelled', promote, failed: 0 },
      `run of ${build}`,
    );

  test('an open gate shows the build, however often it is asked', async () => {
    expect(await end()).toMatchObject({ promoted: true, gate: { open: true, reasons: [] } });
    expect(await end()).toMatchObject({ promoted: true });
    expect(await shown()).toBe(build);
    expect(await stateOf()).toBe('shown');
  });

  test.each([
    ['hold', 'ready'],
    ['never', 'made'],
  ] as const)('%s shows nothing', async (promote, state) => {
    expect(await end(promote)).toMatchObject({ promoted: false, gate: { open: true } });
    expect(await shown()).toBe(base);
    expect(await stateOf()).toBe(state);
  });

  test('a build that was compared with what a person has replaced since is held', async () => {
    const other = await made({ layer: 4 }, 'owner');
    await promoteBuild(world.deps, world.subject, other, { by: 'owner' });
    expect(await end()).toMatchObject({
      promoted: false,
      gate: { open: false, reasons: [`build ${other} is shown by now; this one was compared with ${base}`] },
    });
    expect(await shown()).toBe(other);
    expect(await stateOf()).toBe('held');

    await rollBack(world.deps, world.subject, { by: 'owner' });
    expect(await end()).toMatchObject({ promoted: true });
  });

  test('strokes that were drawn and folded in meanwhile are no reason to hold it', async () => {
    await world.draw('ann', tasks[1]);
    const folded = await snap();
    expect(folded).not.toBe(base);
    expect(await end()).toMatchObject({ promoted: true });
    expect(await shown()).toBe(build);
    expect(await rollBack(world.deps, world.subject, { by: 'owner' })).toBe(folded);
  });

  test('a schedule does not bring back what a person rejected; a person may', async () => {
    await rejectBuild(db, world.subject, build, 'owner');
    expect(await made({ layer: 3 }, null)).toBe(build);
    expect(await end('auto', null)).toMatchObject({
      promoted: false,
      gate: { reasons: [`a person rejected build ${build}; nothing shows it without another look`] },
    });
    expect(await stateOf()).toBe('rejected');
    expect(await made({ layer: 3 }, 'owner')).toBe(build);
    expect(await end()).toMatchObject({ promoted: true });
  });
});
