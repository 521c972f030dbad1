import type { Interaction } from '@saltworks/contract/api/interactions';
import type { Attribute } from '@saltworks/contract/attributes';
import type { Kysely } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  appendInteractions,
  type Batch,
  readInteractions,
  readLog,
  restoreInteraction,
} from '../../dist/campaigns/assignments/interactions.js';
import { expireLease } from '../../dist/campaigns/assignments/leases.js';
import { returnAssignment } from '../../dist/campaigns/assignments/leave.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { expectValues, submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { readTasks } from '../../dist/campaigns/tasks/read.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Database } from '../../dist/db/database.js';
import { openDatabase } from '../../dist/db/open.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser, tasksOf } from './campaign.ts';

const size = { width: 100, height: 50 };
const far = new Date('2100-01-01T00:00:00.000Z');
const stroke = (x: number, segment = 0): Interaction => ({ kind: 'stroke', segment, points: [[x, 1]], radius: 2 });
const attributes: Attribute[] = [
  { id: 1, name: 'wet', of: 'segment', kind: 'flag', required: true },
  { id: 2, name: 'sky', of: 'image', kind: 'choice', choices: ['grey', 'blue'] },
];
/** Interactions of a window, numbered from `seq`. */
const batch = (seq: number, interactions: Interaction[], client = 'window-1'): Batch => ({
  client,
  interactions: interactions.map((interaction, index) => ({ seq: seq + index, interaction })),
});

describeDatabases('interactions', ({ kind, fresh, open }) => {
  let url: string;
  let db: Kysely<Schema>;
  beforeAll(async () => {
    url = await fresh();
    ({ db } = await open(url));
  }, 60_000);

  const begin = async (changes = {}) => {
    const campaign = await makeCampaign(db, changes);
    const user = await makeUser(db);
    const id = (await takeTask(db, campaign, user))!;
    return { campaign, user, id };
  };
  const append = (id: string, given: Batch, on = db, now = new Date()) =>
    appendInteractions(on, id, given, { now, until: far, size, categories: [1, 2], attributes });
  const xs = async (id: string) =>
    (await readInteractions(db, id)).map((interaction) =>
      interaction.kind === 'stroke' ? interaction.points[0][0] : 0,
    );

  test('are stored in order, once each, however often they are sent', async () => {
    const { id } = await begin();
    expect(await append(id, batch(1, [stroke(1), stroke(2)]))).toMatchObject({ n: 2, added: 2 });
    expect(await append(id, batch(1, [stroke(1), stroke(2)]))).toMatchObject({ n: 2, added: 0, entries: [] });
    expect(await append(id, batch(2, [stroke(2), stroke(3)]))).toMatchObject({ n: 3, added: 1 });
    expect(await append(id, batch(1, [stroke(4)], 'window-2'))).toMatchObject({ n: 4, added: 1 });
    expect(await xs(id)).toEqual([1, 2, 3, 4]);
    const log = await readLog(db, id);
    expect(log.map(({ n, client, seq }) => [n, client, seq])).toEqual([
      [1, 'window-1', 1],
      [2, 'window-1', 2],
      [3, 'window-1', 3],
      [4, 'window-2', 1],
    ]);
    expect(await findAssignment(db, id)).toMatchObject({ n: 4, leaseUntil: far.toISOString() });
  });

  test('lack what the campaign requires until it is given', async () => {
    const { campaign, id } = await begin();
    const given: Interaction[] = [{ kind: 'segment', id: 1, category: 1 }, stroke(1, 1)];
    const { drawing } = await append(id, batch(1, given));
    const labels = { categories: campaign.categories, attributes };
    const name = campaign.categories[0].name;
    expect(() => expectValues(labels, drawing)).toThrow(`${name} 1 lacks wet; expected a value before handing in`);
    const { drawing: told } = await append(id, batch(3, [{ kind: 'value', segment: 1, attribute: 1, value: false }]));
    expectValues(labels, told);
  });

  test('are refused after a gap, with the expected number', async () => {
    const { id } = await begin();
    await append(id, batch(1, [stroke(1)]));
    await expect(append(id, batch(3, [stroke(3)]))).rejects.toMatchObject({ detail: { expected: 2 } });
    const twice = { client: 'window-1', interactions: [2, 2].map((seq) => ({ seq, interaction: stroke(seq) })) };
    await expect(append(id, twice)).rejects.toMatchObject({ detail: { expected: 3 } });
    const backwards = { client: 'window-1', interactions: [3, 2].map((seq) => ({ seq, interaction: stroke(seq) })) };
    await expect(append(id, backwards)).rejects.toMatchObject({ detail: { expected: 2 } });
    expect(await xs(id)).toEqual([1]);
  });

  test('set the categories of an image: those that any annotator still has drawn', async () => {
    const { campaign, id } = await begin({ annotators: 2 });
    const other = (await takeTask(db, campaign, await makeUser(db)))!;
    const { task } = await findAssignment(db, id);
    expect((await findAssignment(db, other)).task).toBe(task);
    const drawn = async () => (await readTasks(db, campaign.id, [task]))[0].categories;
    const segment = (segment: number, category: number): Interaction => ({ kind: 'segment', id: segment, category });
    await append(id, batch(1, [segment(1, 1), segment(2, 1)]));
    expect(await drawn()).toEqual([1]);
    await append(id, batch(3, [{ kind: 'classify', segment: 1, category: 2 }]));
    expect(await drawn()).toEqual([1, 2]);
    await append(id, batch(4, [{ kind: 'delete', segment: 2 }]));
    expect(await drawn()).toEqual([2]);
    await append(other, batch(1, [segment(1, 2)]));
    await append(id, batch(5, [{ kind: 'delete', segment: 1 }]));
    expect(await drawn()).toEqual([2]);
    await append(other, batch(2, [{ kind: 'undo' }]));
    expect(await drawn()).toEqual([]);
    await append(id, batch(6, [{ kind: 'undo' }, { kind: 'undo' }]));
    expect(await drawn()).toEqual([1, 2]);
  });

  test.each([
    [
      'another category that the campaign has not',
      { kind: 'classify', segment: 1, category: 3 },
      'category 3; expected one of 1, 2',
    ],
    [
      'a category that the campaign has not',
      { kind: 'segment', id: 1, category: 3 },
      'category 3; expected one of 1, 2',
    ],
    ['a point outside of the image', stroke(101), 'a point at 101, 1; expected one within 100 × 50'],
    ['a region beyond the image', { kind: 'fill', segment: 0, region: [4999, 2] }, 'within 100 × 50'],
    ['a region of no pixel', { kind: 'lock', segment: 0, region: [7, 0] }, 'a region of 0 pixels'],
    ['a polygon of one corner', { ...stroke(1), polygon: true }, 'a polygon of 1 points; expected at least three'],
    ['one that spreads not, but is not exact', { ...stroke(1), spread: false }, 'spread is false; expected true'],
    [
      'a value of an attribute that the campaign has not',
      { kind: 'value', segment: 0, attribute: 1, value: true },
      'attribute 1 of the image; expected one of 2',
    ],
    [
      'a value that is no choice',
      { kind: 'value', segment: 0, attribute: 2, value: 'red' },
      'sky is "red"; expected one of grey, blue',
    ],
    ['a value of what has no name', { kind: 'value', segment: 5, attribute: 1, value: true }, 'describes segment 5'],
    ['an unlocking of nothing', { kind: 'unlock', segment: 0 }, 'interaction 2 unlocks segment 0'],
    ['a stroke of what has no name', stroke(1, 5), 'interaction 2 draws segment 5'],
    ['an erasure of nothing', { kind: 'erase', stroke: 9 }, 'interaction 2 erases stroke 9'],
  ] as [string, Interaction, string][])('of a batch with %s nothing is kept', async (_, wrong, message) => {
    const { id } = await begin();
    const before = await findAssignment(db, id);
    await expect(append(id, batch(1, [stroke(1), wrong]))).rejects.toThrow(message);
    expect(await readInteractions(db, id)).toEqual([]);
    expect(await findAssignment(db, id)).toEqual(before);
    expect(await append(id, batch(1, [stroke(1)]))).toMatchObject({ n: 1, added: 1 });
  });

  test('of every kind are kept as they were sent', async () => {
    const { id } = await begin();
    const all: Interaction[] = [
      { kind: 'segment', id: 1, category: 1 },
      { kind: 'segment', id: 2, category: 2 },
      { ...stroke(3, 1), exact: true, spread: false } as Interaction,
      {
        kind: 'stroke',
        segment: 2,
        points: [
          [0, 0],
          [9, 0],
          [9, 9],
        ],
        radius: 0,
        polygon: true,
        exact: true,
      },
      { kind: 'fill', segment: 2, region: [100, 5, 95, 5], spread: false },
      { kind: 'lock', segment: 2, region: [100, 5] },
      { kind: 'unlock', segment: 2 },
      { kind: 'merge', segment: 2, into: 1 },
      { kind: 'lock', segment: 0, region: [300, 9] },
      { kind: 'rename', segment: 1, name: 'left' },
      { kind: 'value', segment: 1, attribute: 1, value: false },
      { kind: 'value', segment: 0, attribute: 2, value: 'grey' },
    ];
    const { drawing } = await append(id, batch(1, all));
    expect(await readInteractions(db, id)).toEqual(all);
    expect(drawing).toMatchObject({
      segments: [{ id: 1, category: 1, name: 'left', values: { 1: false } }],
      values: { 2: 'grey' },
      strokes: [
        { segment: 1, exact: true, spread: false },
        { segment: 1, polygon: true, exact: true },
        { segment: 1, region: [100, 5, 95, 5], exact: true, spread: false },
      ],
      locks: [{ segment: 0, region: [300, 9] }],
    });
    await expect(append(id, batch(13, [stroke(1)]))).rejects.toThrow(
      'draws segment 0; expected one that is not locked',
    );
  });

  test('undo and redo apply to the log so far', async () => {
    const { id } = await begin();
    const name: Interaction = { kind: 'segment', id: 4, category: 1 };
    const { drawing } = await append(id, batch(1, [name, stroke(1, 4), stroke(2), { kind: 'undo' }]));
    expect(drawing).toMatchObject({ strokes: [{ n: 2, segment: 4 }], undo: true, redo: true });
    const again = await append(id, batch(5, [{ kind: 'redo' }, { kind: 'erase', stroke: 2 }]));
    expect(again.drawing).toMatchObject({ strokes: [{ n: 3 }], redo: false });
  });

  test('sent twice at the same time over several connections are stored once, each window’s in order', async () => {
    const { id } = await begin();
    // PGlite has one connection.
    const other: Database | undefined = kind === 'postgres' ? await openDatabase(url) : undefined;
    const connections = [db, other?.db ?? db];
    const clients = ['window-a', 'window-b', 'window-c'];
    const send = async (client: string, on: Kysely<Schema>, offset: number) => {
      for (let seq = 1; seq <= 20; seq += 2) {
        await append(id, batch(seq, [stroke(seq + offset), stroke(seq + 1 + offset)], client), on);
      }
    };
    await Promise.all(
      clients.flatMap((client, index) => connections.map((connection) => send(client, connection, 30 * index))),
    );
    const log = await readLog(db, id);
    expect(log.map(({ n }) => n)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    for (const [index, client] of clients.entries()) {
      const own = log.filter((entry) => entry.client === client);
      expect(own.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      for (const { seq, interaction } of own) expect(interaction).toEqual(stroke(seq + 30 * index));
    }
    await other?.close();
  });

  describe('that arrive late', () => {
    const later = new Date(Date.now() + 1e7);

    test('renew a lease that ran out unnoticed', async () => {
      const { id } = await begin();
      expect(await append(id, batch(1, [stroke(1)]), db, later)).toMatchObject({ n: 1 });
      expect(await findAssignment(db, id)).toMatchObject({ state: 'leased', leaseUntil: far.toISOString() });
    });

    test('hold an image again that no other annotator has', async () => {
      const { campaign, id } = await begin({ images: 1 });
      await expireLease(db, id, later);
      expect(await tasksOf(db, campaign.id)).toMatchObject([{ taken: 0 }]);
      expect(await append(id, batch(1, [stroke(1)]))).toMatchObject({ n: 1 });
      expect(await findAssignment(db, id)).toMatchObject({ state: 'leased' });
      expect(await tasksOf(db, campaign.id)).toMatchObject([{ taken: 1 }]);
    });

    test('are stored even if others have the image now; it stays theirs', async () => {
      const { campaign, id } = await begin({ images: 1 });
      await returnAssignment(db, id);
      const other = await takeTask(db, campaign, await makeUser(db));
      expect(other).toBeDefined();
      expect(await append(id, batch(1, [stroke(1)]))).toMatchObject({ n: 1 });
      expect(await findAssignment(db, id)).toMatchObject({ state: 'returned', n: 1 });
      expect(await tasksOf(db, campaign.id)).toMatchObject([{ taken: 1 }]);
    });

    test('are refused once the mask is submitted, and accepted again once it is sent back', async () => {
      const { id } = await begin();
      await append(id, batch(1, [stroke(1)]));
      await expect(submitAssignment(db, id, { n: 0, mask: 'm' })).rejects.toMatchObject({ detail: { n: 1 } });
      await submitAssignment(db, id, { n: 1, mask: 'm' });
      await expect(append(id, batch(2, [stroke(2)]))).rejects.toMatchObject({ detail: { state: 'submitted' } });
      // Known interactions, too: their window learns that the assignment has ended.
      await expect(append(id, batch(1, [stroke(1)]))).rejects.toMatchObject({ detail: { state: 'submitted' } });
      await reviewAssignment(db, id, { verdict: 'send_back' }, 'owner');
      expect(await append(id, batch(2, [stroke(2)]))).toMatchObject({ n: 2 });
      expect(await findAssignment(db, id)).toMatchObject({ state: 'leased' });
    });
  });

  test('that the database lost are put back from the journal, in order', async () => {
    const { id } = await begin();
    await append(id, batch(1, [stroke(1)]));
    const entry = (n: number) => ({
      assignment: id,
      n,
      client: 'window-1',
      seq: n,
      kind: 'stroke' as const,
      body: stroke(n),
      received: new Date().toISOString(),
    });
    expect(await restoreInteraction(db, entry(1))).toBe(false);
    expect(await restoreInteraction(db, entry(3))).toBe(false);
    expect(await restoreInteraction(db, entry(2))).toBe(true);
    expect(await restoreInteraction(db, entry(3))).toBe(true);
    expect(await restoreInteraction(db, { ...entry(1), assignment: 'gone' })).toBe(false);
    expect(await xs(id)).toEqual([1, 2, 3]);
    expect(await append(id, batch(4, [stroke(4)]))).toMatchObject({ n: 4 });
  });
});
