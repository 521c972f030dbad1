/** Classes that change while people draw. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Attribute } from '@saltworks/contract/attributes';
import type { Kysely } from 'kysely';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { verifyAudit } from '../../dist/accounts/audit.js';
import { eventsAfter } from '../../dist/campaigns/assignments/events.js';
import { appendInteractions } from '../../dist/campaigns/assignments/interactions.js';
import { findCampaign } from '../../dist/campaigns/campaigns.js';
import { campaignAt, changeLabelSchema, labelSchemas } from '../../dist/campaigns/label-schema.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser } from './campaign.ts';

describeDatabases('a label schema', ({ open }) => {
  let db: Kysely<Schema>;
  let campaign: string;
  let first: LabelCategory[];
  beforeAll(async () => {
    ({ db } = await open());
    await makeUser(db, 'ann');
  }, 60_000);
  beforeEach(async () => {
    ({ id: campaign, categories: first } = await makeCampaign(db));
  });

  const change = (after: number, categories: LabelCategory[]) =>
    changeLabelSchema(db, campaign, { after, categories }, 'owner');
  const pan = { id: 7, name: 'pan', colour: '#00ff00', isthing: true };

  test('is its first version until it changes; each change is one, with who, when and what', async () => {
    expect(await labelSchemas(db, campaign)).toEqual([
      { version: 1, at: expect.any(String), by: 'owner', categories: first, changes: [] },
    ]);
    const [salt, heap] = first;
    const second = [salt, { ...heap, colour: '#0000ff', description: 'higher than a hand' }, pan];
    expect(await change(1, second)).toMatchObject({
      version: 2,
      by: 'owner',
      categories: second,
      changes: [
        { category: 2, kind: 'recoloured' },
        { category: 2, kind: 'described' },
        { category: 7, kind: 'added' },
      ],
    });
    const third = [{ ...salt, retired: true }, second[1], pan];
    expect((await change(2, third)).changes).toEqual([{ category: 1, kind: 'retired' }]);
    const { categories, schema } = await findCampaign(db, campaign);
    expect({ categories, schema }).toEqual({ categories: third, schema: 3 });
    expect((await change(3, second)).changes).toEqual([{ category: 1, kind: 'restored' }]);
    const all = await labelSchemas(db, campaign);
    expect(all.map(({ version, categories }) => [version, categories])).toEqual([
      [4, second],
      [3, third],
      [2, second],
      [1, first],
    ]);
    const entries = await db
      .selectFrom('audit')
      .select(['action', 'actor', 'detail'])
      .where('object', '=', campaign)
      .where('action', '=', 'campaign.schema')
      .orderBy('n')
      .execute();
    expect(entries.map(({ actor, detail }) => [actor, (detail as { version: number }).version])).toEqual([
      ['owner', 2],
      ['owner', 3],
      ['owner', 4],
    ]);
    expect((await verifyAudit(db)).broken).toBeUndefined();
  });

  test('that nothing changes in is no new version', async () => {
    expect(await change(1, first)).toMatchObject({ version: 1 });
    expect(await labelSchemas(db, campaign)).toHaveLength(1);
  });

  test('is changed by one person at a time', async () => {
    const both = await Promise.allSettled([
      change(1, [...first, pan]),
      change(1, [...first, { ...pan, name: 'rake' }]),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason.message).toBe('version 2 of the classes was made meanwhile; expected a change of that one');
    expect(await labelSchemas(db, campaign)).toHaveLength(2);
  });

  test.for<[what: string, change: (first: LabelCategory[]) => LabelCategory[], message: string]>([
    ['a class that is left out', ([salt]) => [salt], 'class 2 heap is left out; expected it to be retired instead'],
    ['another kind', ([salt, heap]) => [salt, { ...heap, isthing: false }], 'class 2 heap is stuff; expected thing'],
    [
      'a merge into itself',
      ([salt, heap]) => [salt, { ...heap, merged: 2 }],
      'class heap is merged into heap, retired, thing; expected another thing that is offered',
    ],
    [
      'a merge into a class that is not there',
      ([salt, heap]) => [salt, { ...heap, merged: 9 }],
      'class heap is merged into class 9; expected another thing that is offered',
    ],
    [
      'a merge in a circle',
      (first) => [...first.map((one) => ({ ...one, merged: 3 - one.id })), { ...pan }],
      'expected another stuff that is offered',
    ],
    [
      'a merge of a thing into stuff',
      ([salt, heap]) => [salt, heap, { ...pan, isthing: false }, { ...pan, id: 8, name: 'lid', merged: 7 }],
      'class lid is merged into pan, stuff; expected another thing that is offered',
    ],
    ['a key twice', (first) => first.map((one) => ({ ...one, shortcut: 's' })), 'categories share a key'],
    ['a name twice', (first) => [...first, { ...pan, name: 'heap' }], 'categories share a name'],
    ['nothing left', (first) => first.map((one) => ({ ...one, retired: true })), 'all classes are retired'],
  ])('refuses %s', async ([, changed, message]) => {
    await expect(change(1, changed(first))).rejects.toThrow(message);
    expect(await labelSchemas(db, campaign)).toHaveLength(1);
  });

  test('renames: masks keep the first name, which no other class is called by', async () => {
    const [salt, heap] = first;
    const second = (await change(1, [{ ...salt, name: 'brine', shortcut: 'b' }, heap])).categories;
    expect(second).toEqual([{ ...salt, name: 'brine', stored: 'salt', shortcut: 'b' }, heap]);
    // The server alone says what masks call a class.
    const third = await change(2, [
      { ...second[0], stored: 'mine' },
      { ...heap, name: 'pile' },
      { ...pan, name: 'salt' },
    ]);
    expect(third.categories).toEqual([
      second[0],
      { ...heap, name: 'pile', stored: 'heap' },
      { ...pan, name: 'salt', stored: 'salt 7' },
    ]);
    expect(third.changes).toEqual([
      { category: 2, kind: 'renamed' },
      { category: 7, kind: 'added' },
    ]);
    expect((await findCampaign(db, campaign)).categories).toEqual(third.categories);
    // Two may change their names with one another; the first one’s own again is nothing that masks call otherwise.
    const back = [
      { ...third.categories[0], name: 'salt' },
      third.categories[1],
      { ...third.categories[2], name: 'brine' },
    ];
    expect((await change(3, back)).categories).toEqual([
      { ...salt, shortcut: 'b' },
      third.categories[1],
      { ...pan, name: 'brine', stored: 'salt 7' },
    ]);
  });

  test('merges, and brings back; versions before stay as they were', async () => {
    const [salt, heap] = first;
    const second = await change(1, [salt, { ...heap, merged: 7 }, pan]);
    expect(second.categories).toEqual([salt, { ...heap, merged: 7, retired: true }, pan]);
    expect(second.changes).toContainEqual({ category: 2, kind: 'merged' });
    const now = await findCampaign(db, campaign);
    expect(now.categories).toEqual(second.categories);
    expect((await campaignAt(db, now, 1)).categories).toEqual([salt, heap, pan]);
    await expect(campaignAt(db, now, 3)).rejects.toThrow('no version 3 of the classes; expected one from 1 to 2');
    // What takes another in may itself be merged later.
    const lid = { ...pan, id: 8, name: 'lid' };
    const third = await change(2, [salt, second.categories[1], { ...pan, merged: 8 }, lid]);
    expect(third.changes).toEqual([
      { category: 7, kind: 'merged' },
      { category: 8, kind: 'added' },
    ]);
    expect((await change(3, [salt, heap, pan, lid])).changes).toEqual([
      { category: 2, kind: 'restored' },
      { category: 7, kind: 'restored' },
    ]);
  });

  test('has attributes, which are added, changed, retired and restored; names and kinds stay', async () => {
    const wet: Attribute = { id: 1, name: 'wet', of: 'segment', kind: 'flag' };
    const grain: Attribute = { id: 2, name: 'grain', of: 'image', kind: 'choice', choices: ['fine'], required: true };
    const set = async (after: number, attributes?: Attribute[]) =>
      changeLabelSchema(db, campaign, { after, categories: first, attributes }, 'owner');
    expect((await set(1, [wet, grain])).changes).toEqual([
      { attribute: 1, kind: 'added' },
      { attribute: 2, kind: 'added' },
    ]);
    expect((await findCampaign(db, campaign)).attributes).toEqual([wet, grain]);
    const wider = { ...grain, choices: ['fine', 'coarse'], retired: true };
    expect((await set(2, [wet, wider])).changes).toEqual([
      { attribute: 2, kind: 'changed' },
      { attribute: 2, kind: 'retired' },
    ]);
    // Who changes classes alone leaves them.
    expect((await set(3)).version).toBe(3);
    expect((await change(3, [...first, pan])).attributes).toEqual([wet, wider]);
    expect((await labelSchemas(db, campaign)).map(({ attributes }) => attributes)).toEqual([
      [wet, wider],
      [wet, wider],
      [wet, grain],
      undefined,
    ]);
    const refused = (attributes: Attribute[], message: string) =>
      expect(
        changeLabelSchema(db, campaign, { after: 4, categories: [...first, pan], attributes }, 'owner'),
      ).rejects.toThrow(message);
    await refused([wet], 'attribute grain is left out; expected it to be retired instead');
    await refused(
      [{ ...wet, kind: 'text' }, wider],
      'attribute 1 is wet, text of segment; expected wet, flag of segment',
    );
    await refused([wet, wider, { ...wet, id: 3 }], 'attributes share a name');
    await refused(
      [wet, { ...wider, choices: undefined }],
      'attribute grain, choice, has choices –; expected choices that differ',
    );
    await refused([{ ...wet, choices: ['a'] }, wider], 'attribute wet, flag, has choices a; expected none');
  });

  test('tells open assignments, takes new classes at once, and what a page draws of a retired one it has not heard of', async () => {
    const id = (await takeTask(db, await findCampaign(db, campaign), 'ann'))!;
    const seq = { last: 0 };
    const name = async (segment: number, category: number) =>
      appendInteractions(
        db,
        id,
        {
          client: 'window-1',
          interactions: [{ seq: ++seq.last, interaction: { kind: 'segment', id: segment, category } }],
        },
        {
          until: new Date(Date.now() + 900_000),
          size: { width: 4, height: 4 },
          categories: (await findCampaign(db, campaign)).categories.map(({ id }) => id),
        },
      );
    await expect(name(1, 7)).rejects.toThrow('category 7; expected one of 1, 2');
    seq.last = 0;
    await change(1, [...first.map((one) => ({ ...one, ...(one.id === 2 && { retired: true }) })), pan]);
    expect(await eventsAfter(db, id, 0)).toEqual([{ n: 1, kind: 'schema', body: { version: 2 } }]);
    await name(1, 7);
    expect((await name(2, 2)).drawing.segments).toEqual([
      { id: 1, category: 7 },
      { id: 2, category: 2 },
    ]);
  });
});
