import { drawingKey, keySetKey, maskReportKey, strokesKey } from '@saltworks/contract/layout';
import type { OfBakeoff } from '@saltworks/contract/messages/bakeoff';
import { writePlan } from '@saltworks/store/bakeoffs/bakeoffs';
import { readBuild, readSnapshot } from '@saltworks/store/builds/builds';
import { readBuildLines, readSnapshotLines } from '@saltworks/store/builds/lines';
import { consensusId } from '@saltworks/store/builds/mask-names';
import { readBuildReport } from '@saltworks/store/builds/reports';
import { sha256Of } from '@saltworks/store/objects/canonical';
import type { Kysely } from 'kysely';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { shownBuild } from '../../dist/builds/current.js';
import { promoteBuild, rollBack } from '../../dist/builds/promote.js';
import { findBuild, keysWanted, listBuilds } from '../../dist/builds/read.js';
import { recordBuild, rejectBuild, settleBuild } from '../../dist/builds/record.js';
import { takeSnapshot } from '../../dist/builds/snapshot.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { readReviews, reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { isBuiltMask, shownMaskOf } from '../../dist/campaigns/assignments/shown-mask.js';
import { findCampaign } from '../../dist/campaigns/campaigns.js';
import { publishMasks } from '../../dist/campaigns/publish.js';
import { readTasks } from '../../dist/campaigns/tasks/read.js';
import { removeKeySet } from '../../dist/datasets/keys.js';
import type { Schema } from '../../dist/db/schema.js';
import { makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { type BuildWorld, images, makeBuildWorld, putMask, recipeOf } from './world.ts';

describeDatabases('builds', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    ({ db } = await open());
    for (const user of ['ann', 'bob', 'owner']) await makeUser(db, user);
  }, 60_000);

  let world: BuildWorld;
  beforeEach(async () => {
    world = await makeBuildWorld(db);
  });

  const snap = () => takeSnapshot(world.deps, { subject: world.subject, by: 'owner' });
  const shown = async () => {
    const found = await readTasks(db, world.campaign.id, await world.tasks());
    return found.map(({ mask }) => mask);
  };
  /** Records and shows a build. */
  const show = async (id: string, base: string | null) => {
    const build = await readBuild(world.deps.store, world.subject, id);
    await recordBuild(db, build, { base, why: 're-labelled', by: 'owner', state: 'made' });
    return promoteBuild(world.deps, world.subject, id, { by: 'owner' });
  };
  const settingsNow = async () => {
    const { backbone, layer, preset, solve } = await findCampaign(db, world.campaign.id);
    return { backbone, layer, preset, solve };
  };

  test('nothing drawn is no build', async () => {
    expect(await snap()).toMatchObject({ shown: null, images: 0, shards: 1, dataset: 'pans' });
    expect(await listBuilds(db, world.subject, { limit: 10 })).toEqual({ items: [], next: null });
    await expect(rollBack(world.deps, world.subject, { by: 'owner' })).rejects.toThrow('no build of campaign');
  });

  test('a snapshot keeps the strokes to the byte, and shows what was shown, once', async () => {
    const [first, second] = await world.tasks();
    const a = await world.draw('ann', first, 2);
    const b = await world.draw('bob', second);
    await reviewAssignment(db, b.id, { verdict: 'accept' }, 'owner');
    const before = await shown();
    const taken = await snap();
    expect(taken).toMatchObject({ images: 2, shown: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(await shown()).toEqual(before);
    const { store } = world.deps;
    const drawing = await store.get(drawingKey(a.id, 3));
    expect(Buffer.compare(await store.get(strokesKey(a.strokes, '.json')), drawing)).toBe(0);

    const build = await readBuild(store, world.subject, taken.shown as string);
    const own = await recipeOf({ extract: { backbone: 'tiny', facet: 'key' }, preset: 'best', solve: {} });
    expect(build.settings).toEqual([{ extract: { backbone: 'tiny', facet: 'key' }, preset: 'best', ...own, code: 6 }]);
    expect(await readBuildLines(store, build.lines[0])).toEqual([
      {
        ...images[0],
        mask: a.mask,
        drawings: [{ strokes: a.strokes, extension: '.json', by: 'ann', assignment: a.id, n: 3 }],
        settings: 0,
      },
      {
        ...images[1],
        mask: b.mask,
        drawings: [{ strokes: b.strokes, extension: '.json', by: 'bob', assignment: b.id, n: 2 }],
        settings: 0,
      },
    ]);
    const { lines } = await readSnapshot(store, taken.snapshot);
    const found = await readSnapshotLines(store, lines[0]);
    expect(found.map(({ shown }) => [shown?.mask, shown?.accepted])).toEqual([
      [a.mask, undefined],
      [b.mask, true],
    ]);
    expect((await readBuildReport(store, build, 0))?.masks.map(({ content }) => content)).toEqual(
      [a.mask, b.mask].map((mask) => sha256Of(`png of ${mask}`)),
    );

    // Again, and after a start from nothing: the same names.
    expect(await snap()).toEqual(taken);
    expect(await findBuild(db, world.subject, build.id)).toMatchObject({
      ...{ state: 'shown', current: true, why: 'drawn', by: 'owner', base: null, images: 2, kept: 0 },
      settings: { keys: 'tiny', backbone: 'tiny', layer: null, facet: 'key', preset: 'best', code: 6 },
      recipe: `campaign-${world.campaign.id}.${build.id}`,
    });
    await expect(rollBack(world.deps, world.subject, { by: 'owner' })).rejects.toThrow('is the first that');
  });

  test('a promotion shows other masks of the same strokes and switches the settings; a rollback takes both back', async () => {
    const [first, second, third] = await world.tasks();
    const a = await world.draw('ann', first);
    await world.draw('bob', second);
    const before = await shown();
    const settings = await settingsNow();
    const base = (await snap()).shown as string;
    const made = await world.rebuilt(base, { backbone: 'other', layer: 3 });
    expect(await show(made.id, base)).toBe(true);
    expect(await show(made.id, base)).toBe(false);
    const report = await readBuildReport(world.deps.store, made, 0);
    const after = await shown();
    expect(after).toEqual([...(report?.masks.map(({ mask }) => mask) ?? []), null]);
    expect(after).not.toEqual(before);
    expect(await settingsNow()).toMatchObject({ backbone: 'other', layer: 3, preset: 'best', solve: {} });
    expect(await findBuild(db, world.subject, base)).toMatchObject({ current: false, state: 'shown' });

    // Newer strokes show, whichever build is current.
    const newer = await world.draw('ann', first);
    const c = await world.draw('bob', third);
    expect(await shown()).toEqual([newer.mask, after[1], c.mask]);
    const folded = (await snap()).shown as string;
    expect(await shown()).toEqual([newer.mask, after[1], c.mask]);
    expect((await shownBuild(db, world.subject))?.build).toBe(folded);

    // One step, to before the promotion: the strokes that were drawn since stay.
    expect(await rollBack(world.deps, world.subject, { by: 'owner', from: folded })).toBe(base);
    expect(await shown()).toEqual([newer.mask, before[1], c.mask]);
    expect(await settingsNow()).toEqual(settings);
    expect(await publishMasks(db, world.deps.store, world.campaign)).toBe(3);
    await expect(rollBack(world.deps, world.subject, { by: 'owner' })).rejects.toThrow('expected one before it');
    expect(a.strokes).not.toBe(newer.strokes);

    // And there again.
    expect(await promoteBuild(world.deps, world.subject, made.id, { by: null, from: base })).toBe(true);
    expect(await shown()).toEqual([newer.mask, after[1], c.mask]);
    const log = await db
      .selectFrom('promotion')
      .select(['n', 'build', 'parent'])
      .where('name', '=', world.campaign.id)
      .orderBy('n')
      .execute();
    expect(log).toEqual([
      { n: 1, build: base, parent: null },
      { n: 2, build: made.id, parent: 1 },
      { n: 3, build: folded, parent: 1 },
      { n: 4, build: base, parent: null },
      { n: 5, build: made.id, parent: 4 },
    ]);
  });

  test('a consensus is shown of the build while it is of the same annotators, weights and strokes', async () => {
    const [first] = await world.tasks();
    const { store } = world.deps;
    const a = await world.draw('ann', first);
    const b = await world.draw('bob', first, 2);
    const own = await recipeOf({ extract: { backbone: 'tiny', facet: 'key' }, preset: 'best', solve: {} });
    const parts = [
      { annotator: 'ann', weight: 1, strokes: a.strokes },
      { annotator: 'bob', weight: 0.5, strokes: b.strokes },
    ];
    const mask = consensusId(images[0].sha256, parts, own.recipe);
    await putMask(store, mask, 'tiny', own.options);
    const weights = JSON.stringify({ ann: 1, bob: 0.5 });
    await db.insertInto('consensus').values({ task: first, mask, weights, made: new Date() }).execute();
    expect(await shown()).toEqual([mask, null, null]);
    const base = (await snap()).shown as string;
    const [line] = await readBuildLines(store, (await readBuild(store, world.subject, base)).lines[0]);
    expect(line).toMatchObject({
      ...{ mask, consensus: true, settings: 0 },
      drawings: [
        { by: 'ann', weight: 1, mask: a.mask, strokes: a.strokes },
        { by: 'bob', weight: 0.5, mask: b.mask, strokes: b.strokes },
      ],
    });
    const made = await world.rebuilt(base, { backbone: 'other' });
    await show(made.id, base);
    const [together] = await shown();
    expect(together).toBe((await readBuildReport(store, made, 0))?.masks[0].mask);
    expect(together).not.toBe(mask);
    // Other weights are another consensus.
    await db
      .updateTable('consensus')
      .set({ weights: JSON.stringify({ ann: 1, bob: 1 }) })
      .where('task', '=', first)
      .execute();
    expect(await shown()).toEqual([mask, null, null]);
    // Its strokes cannot be proven: they are not told of, but what they would give now is.
    const { snapshot } = await snap();
    const [image] = await readSnapshotLines(store, (await readSnapshot(store, snapshot)).lines[0]);
    expect(image).toMatchObject({ drawings: [{ weight: 1 }, { weight: 1 }], shown: { mask, drawings: [] } });
  });

  test('a build is shown only once its masks are made, and only over the build that the caller knows', async () => {
    const [first] = await world.tasks();
    await world.draw('ann', first);
    const base = (await snap()).shown as string;
    const made = await world.rebuilt(base, { backbone: 'other' });
    await recordBuild(db, made, { base, why: 're-labelled', by: null, state: 'making' });
    const promote = (from?: string | null) => promoteBuild(world.deps, world.subject, made.id, { by: null, from });
    await expect(promote(null)).rejects.toThrow(`${base} is shown by now; expected none`);
    const report = maskReportKey('pans', `campaign-${world.campaign.id}.${made.id}`, 0);
    const bytes = await world.deps.store.get(report);
    await world.deps.store.delete(report);
    await expect(promote()).rejects.toThrow('are not made yet');
    await world.deps.store.put(report, bytes);
    expect(await promote(base)).toBe(true);
  });

  test('a reviewer sees, and accepts, the mask that is shown; at the next re-labelling it counts as accepted', async () => {
    const [first] = await world.tasks();
    const { id, mask } = await world.draw('ann', first);
    const base = (await snap()).shown as string;
    const made = await world.rebuilt(base, { backbone: 'other' });
    const seen = async () => shownMaskOf(db, await findAssignment(db, id));
    expect(await seen()).toBe(mask);
    await show(made.id, base);
    const [other] = await shown();
    expect([await seen(), other === mask]).toEqual([other, false]);
    expect(await isBuiltMask(db, { id, task: first }, other as string)).toBe(true);
    expect(await isBuiltMask(db, { id: 'a', task: first }, other as string)).toBe(false);
    await reviewAssignment(db, id, { verdict: 'accept' }, 'owner');
    expect((await readReviews(db, id)).map(({ mask }) => mask)).toEqual([other]);
    const { lines } = await readSnapshot(world.deps.store, (await snap()).snapshot);
    expect((await readSnapshotLines(world.deps.store, lines[0]))[0].shown).toMatchObject({
      mask: other,
      accepted: true,
    });
    await rollBack(world.deps, world.subject, { by: 'owner' });
    expect(await seen()).toBe(mask);
  });

  test('two snapshots at once are one', async () => {
    const [first] = await world.tasks();
    await world.draw('ann', first);
    const [a, b] = await Promise.all([snap(), snap()]);
    expect(a).toEqual(b);
    expect((await listBuilds(db, world.subject, { limit: 10 })).items).toHaveLength(1);
  });

  test('states: settled, held, rejected; what is shown stays so, and the list is read part by part', async () => {
    const [first] = await world.tasks();
    await world.draw('ann', first);
    const base = (await snap()).shown as string;
    const made = await world.rebuilt(base, { backbone: 'other' });
    await recordBuild(db, made, { base, why: 're-labelled', by: null, state: 'making' });
    const gate = { open: false, reasons: ['worse'], thresholds: { worse: 0.01, changed: 0.25 } };
    await settleBuild(db, world.subject, made.id, { state: 'held', gate });
    await settleBuild(db, world.subject, base, { state: 'failed' });
    expect(await findBuild(db, world.subject, made.id)).toMatchObject({ state: 'held', gate, by: null, shown: null });
    expect(await findBuild(db, world.subject, base)).toMatchObject({ state: 'shown', gate: null });
    await rejectBuild(db, world.subject, made.id, 'owner');
    expect(await findBuild(db, world.subject, made.id)).toMatchObject({ state: 'rejected', gate });
    await expect(rejectBuild(db, world.subject, base, 'owner')).rejects.toThrow('is shown; expected one that is not');
    await expect(findBuild(db, world.subject, '0123456789abcdef')).rejects.toThrow(
      'no build 0123456789abcdef of campaign',
    );

    const one = await listBuilds(db, world.subject, { limit: 1 });
    expect(one.items.map(({ id }) => id)).toEqual([made.id]);
    const rest = await listBuilds(db, world.subject, { limit: 1, after: one.next as string });
    expect([rest.items.map(({ id }) => id), rest.next]).toEqual([[base], null]);
  });

  test('keys of what is shown stay, whichever campaign is closed', async () => {
    const [first] = await world.tasks();
    await world.draw('ann', first);
    const base = (await snap()).shown as string;
    const made = await world.rebuilt(base, { backbone: `keys-${world.campaign.id}` });
    await show(made.id, base);
    const keys = `keys-${world.campaign.id}`;
    expect((await keysWanted(db, 'pans')).get(keys)).toEqual({ ...world.subject, build: made.id, why: 'is shown' });
    await world.deps.store.put(keySetKey(keys), '{}');
    await db.updateTable('campaign').set({ state: 'closed' }).where('id', '=', world.campaign.id).execute();
    const pans = {
      version: 1,
      name: 'pans',
      source: '',
      images: 3,
      duplicates: 0,
      shards: 1,
      bytes: 1,
      categories: [],
      updated: '',
    } as const;
    let underWay: OfBakeoff[] = [];
    const runs = { list: async () => [], bakeoffs: async () => underWay };
    const remove = () => removeKeySet({ ...world.deps, runs } as never, { ...pans, categories: [] }, { keys, from: 0 });
    await expect(remove()).rejects.toThrow(`build ${made.id} of campaign ${world.campaign.id} is shown and draws on`);
    await rollBack(world.deps, world.subject, { by: 'owner' });
    expect(await remove()).toMatchObject({ next: null });
    // What a rollback shows, and what waits for a person, keeps its keys, too.
    await world.deps.store.put(keySetKey(keys), '{}');
    await show(made.id, base);
    const other = await world.rebuilt(base, { backbone: `later-${world.campaign.id}` });
    await show(other.id, made.id);
    await expect(remove()).rejects.toThrow(
      `build ${made.id} of campaign ${world.campaign.id} is what a rollback shows`,
    );
    await rollBack(world.deps, world.subject, { by: 'owner' });
    await rollBack(world.deps, world.subject, { by: 'owner' });
    expect(await remove()).toMatchObject({ next: null });
    await world.deps.store.put(keySetKey(keys), '{}');
    await db.updateTable('build').set({ state: 'held' }).where('id', '=', made.id).execute();
    await expect(remove()).rejects.toThrow('waits to be shown and draws on');
    await rejectBuild(db, world.subject, made.id, 'owner');
    expect(await remove()).toMatchObject({ next: null });
    // A bake-off that is under way.
    await world.deps.store.put(keySetKey(keys), '{}');
    const variant = {
      name: 'a',
      keys,
      extract: { backbone: 'tiny', facet: 'key' },
      preset: 'best',
      solve: {},
    } as const;
    const whole = { images: 3, drawn: 1, shards: 1 };
    const plan = await writePlan(world.deps.store, {
      ...{
        subject: world.subject,
        dataset: 'pans',
        code: 1,
        seed: 1,
        variants: [variant],
        images: [],
        classes: [],
        whole,
      },
    });
    underWay = [{ subject: world.subject, bakeoff: plan.id }];
    await expect(remove()).rejects.toThrow(`the bake-off ${plan.id} draws on the keys ${keys}`);
  });
});
