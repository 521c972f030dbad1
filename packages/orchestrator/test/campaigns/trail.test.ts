import { type Kysely, sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { audit, verifyAudit } from '../../dist/accounts/audit.js';
import { addEvent, eventsAfter } from '../../dist/campaigns/assignments/events.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser } from './campaign.ts';

describeDatabases('the trail', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    ({ db } = await open());
  }, 60_000);

  test('events are numbered without a gap, and a reader that follows the numbers misses none', async () => {
    const campaign = await makeCampaign(db);
    const id = (await takeTask(db, campaign, await makeUser(db)))!;
    const seen: number[] = [];
    let writing = true;
    const read = async () => {
      for (;;) {
        const last = !writing;
        for (const { n } of await eventsAfter(db, id, seen.at(-1) ?? 0, 7)) seen.push(n);
        if (last && seen.length === 60) return;
        await new Promise((resume) => setTimeout(resume, 1));
      }
    };
    const write = (i: number) => db.transaction().execute((tx) => addEvent(tx, id, 'none', { n: i, reason: '' }));
    const reading = read();
    const numbers = await Promise.all(Array.from({ length: 60 }, (_, i) => write(i)));
    writing = false;
    await reading;
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    const bodies = (await eventsAfter(db, id, 0)).map(({ body }) => (body as { n: number }).n);
    expect(numbers.map((n) => bodies[n - 1])).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  test('an event of a failed transaction takes no number', async () => {
    const campaign = await makeCampaign(db);
    const id = (await takeTask(db, campaign, await makeUser(db)))!;
    const failing = db.transaction().execute(async (tx) => {
      await addEvent(tx, id, 'state', { state: 'leased' });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.transaction().execute((tx) => addEvent(tx, id, 'state', { state: 'leased' }))).toBe(1);
  });

  test('concurrent entries make one chain', async () => {
    const entry = (i: number) => ({
      actor: i % 2 ? 'ann' : null,
      action: 'test',
      object: `o${i}`,
      detail: { i, b: [i] },
    });
    await Promise.all(Array.from({ length: 25 }, (_, i) => db.transaction().execute((tx) => audit(tx, entry(i)))));
    const { entries, head, broken } = await verifyAudit(db);
    expect(broken).toBeUndefined();
    const rows = await db.selectFrom('audit').selectAll().orderBy('n').execute();
    expect(rows.map(({ n }) => Number(n))).toEqual(rows.map((_, i) => i + 1));
    expect(entries).toBe(rows.length);
    expect(head).toBe(rows.at(-1)!.hash);
  });

  test('the database refuses to change, delete or truncate entries', async () => {
    for (const statement of ['update audit set actor = null', 'delete from audit', 'truncate audit']) {
      await expect(sql.raw(statement).execute(db)).rejects.toThrow('append-only');
    }
    for (const table of ['interaction', 'event']) {
      await expect(sql.raw(`delete from ${table}`).execute(db)).rejects.toThrow('append-only');
    }
  });

  const tampering: [string, string, number][] = [
    ['another actor', `update audit set actor = 'eve' where n = 5`, 5],
    ['another action', `update audit set action = 'nothing' where n = 5`, 5],
    ['another object', `update audit set object = 'else' where n = 5`, 5],
    ['other details', `update audit set detail = '{"i": 0}' where n = 5`, 5],
    ['another time', `update audit set at = at + interval '1 second' where n = 5`, 5],
    ['another hash', `update audit set hash = previous where n = 5`, 5],
    ['another predecessor', `update audit set previous = '' where n = 5`, 5],
    ['one taken out', 'delete from audit where n = 5', 5],
    ['the first taken out', 'delete from audit where n = 1', 1],
    [
      'two that changed places',
      'update audit set n = case n when 5 then 106 else 105 end where n in (5, 6); update audit set n = n - 100 where n > 100',
      5,
    ],
    [
      'one put in',
      `insert into audit select max(n) + 1, now(), 'eve', 'a', 'o', '{}', max(hash), max(hash) from audit`,
      -1,
    ],
  ];
  test.each(tampering)('%s is found', async (_, statement, broken) => {
    const before = await verifyAudit(db);
    const tampered = db.transaction().execute(async (tx) => {
      // The database's owner can do this.
      await sql.raw('alter table audit disable trigger append_only').execute(tx);
      for (const each of statement.split(';')) await sql.raw(each).execute(tx);
      throw await verifyAudit(tx);
    });
    const found = await tampered.catch((thrown) => thrown);
    expect(found).toMatchObject({ broken: broken === -1 ? before.entries + 1 : broken });
    expect(await verifyAudit(db)).toEqual(before);
  });

  test('a noted head shows that the last entries were removed', async () => {
    const { head } = await verifyAudit(db);
    const shortened = db.transaction().execute(async (tx) => {
      await sql.raw('alter table audit disable trigger append_only').execute(tx);
      await sql.raw('delete from audit where n = (select max(n) from audit)').execute(tx);
      throw await verifyAudit(tx);
    });
    const found = await shortened.catch((thrown) => thrown);
    expect(found.broken).toBeUndefined();
    expect(found.head).not.toBe(head);
  });
});
