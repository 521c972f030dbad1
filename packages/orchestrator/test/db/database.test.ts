import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import type { Database } from '../../dist/db/database.js';
import { eventChannel } from '../../dist/db/schema.js';
import { describeDatabases, fillCampaign, lease } from '../databases.ts';

describeDatabases('a database', ({ open }) => {
  let database: Database;
  let db: Database['db'];
  let tasks: string[];
  let assignment: string;
  beforeAll(async () => {
    database = await open();
    db = database.db;
    tasks = await fillCampaign(db, { tasks: 40 });
    assignment = await lease(db, tasks[0]);
  });

  const event = (n: number, id = assignment) =>
    db
      .insertInto('event')
      .values({ assignment: id, n, kind: 'answer', body: JSON.stringify({ n }) })
      .execute();

  test('append-only tables refuse changes and deletes', async () => {
    await event(1);
    const refused = { code: '23001', message: 'table event is append-only' };
    await expect(sql`update event set kind = 'other'`.execute(db)).rejects.toMatchObject(refused);
    await expect(sql`delete from event`.execute(db)).rejects.toMatchObject(refused);
    await expect(sql`truncate event`.execute(db)).rejects.toMatchObject(refused);
    for (const table of ['interaction', 'audit']) {
      await expect(sql`delete from ${sql.table(table)}`.execute(db)).rejects.toMatchObject({ code: '23001' });
    }
    expect(await db.selectFrom('event').select(['n', 'kind', 'body']).execute()).toEqual([
      { n: 1, kind: 'answer', body: { n: 1 } },
    ]);
  });

  test('an error of a violated constraint has its code and its name', async () => {
    await expect(lease(db, tasks[0], { id: 'another' })).rejects.toMatchObject({
      code: '23505',
      constraint: 'assignment_task_user_id_key',
    });
    await expect(fillCampaign(db, { campaign: 'No Slug' })).rejects.toMatchObject({ code: '23514' });
  });

  test('an error says little more than its message', async () => {
    const error: Error = await sql`select nothing from nowhere`.execute(db).catch((error) => error);
    expect(error).toMatchObject({ code: '42P01', message: 'relation "nowhere" does not exist' });
    expect(error.stack!.length).toBeLessThan(3_000);
  });

  test('a listener hears of an event once it is committed, and of none after it stopped', async () => {
    const heard: string[] = [];
    const stop = await database.listen(eventChannel, (payload) => heard.push(payload));
    const rolledBack = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('event').values({ assignment, n: 2, kind: 'answer', body: '{}' }).execute();
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await event(2);
    await event(3);
    await expect.poll(() => heard).toEqual([assignment, assignment]);
    await stop();
    await event(4);
    await sleep(100);
    expect(heard.length).toBe(2);
  });

  test('no two annotators get the same task', async () => {
    const take = () =>
      db.transaction().execute(async (transaction) => {
        const task = await transaction
          .selectFrom('task')
          .select('id')
          .where('campaign', '=', 'salt')
          .where('taken', '=', 0)
          .orderBy('rank')
          .limit(1)
          .forUpdate()
          .skipLocked()
          .executeTakeFirst();
        if (!task) return undefined;
        await sql`select 1`.execute(transaction);
        await transaction.updateTable('task').set({ taken: 1 }).where('id', '=', task.id).execute();
        return task.id;
      });
    const taken = await Promise.all(Array.from({ length: 60 }, take));
    const ids = taken.filter((id) => id !== undefined);
    expect(new Set(ids).size).toBe(ids.length);
    // A caller that found all tasks locked may have got none while some were left.
    while (true) {
      const id = await take();
      if (id === undefined) break;
      ids.push(id);
    }
    expect(ids.toSorted()).toEqual(tasks.toSorted());
  });

  test('values read the same', async () => {
    const at = new Date('2026-03-04T05:06:07.089Z');
    const { rows } = await sql`select
      ${'9007199254740993'}::bigint as "bigint", count(*) as "count", array[1, 2]::bigint[] as "bigints",
      ${at}::timestamptz as "time", '2026-03-04 05:06:07.089+00'::timestamptz as "literal",
      ${0.1}::double precision as "double", ${JSON.stringify([{ a: 1 }])}::jsonb as "json", ${true}::boolean as "boolean",
      ${null}::text as "null", 7::int as "int"`.execute(db);
    expect(rows).toEqual([
      {
        bigint: '9007199254740993',
        count: '1',
        bigints: ['1', '2'],
        time: at,
        literal: at,
        double: 0.1,
        json: [{ a: 1 }],
        boolean: true,
        null: null,
        int: 7,
      },
    ]);
  });

  test('changed rows are counted', async () => {
    const { numUpdatedRows } = await db.updateTable('task').set({ width: 4 }).where('rank', '<', 3).executeTakeFirst();
    expect(numUpdatedRows).toBe(3n);
    expect(await db.selectFrom('task').select('id').where('id', 'in', tasks.slice(0, 2)).execute()).toHaveLength(2);
    expect((await sql`select id from task where id = any(${tasks.slice(0, 2)})`.execute(db)).rows).toHaveLength(2);
  });

  test('a failed transaction leaves nothing, and its connection stays usable', async () => {
    for (let i = 0; i < 12; i++) {
      const failing = db.transaction().execute(async (transaction) => {
        await transaction.insertInto('member').values({ campaign: 'salt', user_id: 'ann', role: 'manager' }).execute();
        await sql`select 1 / 0`.execute(transaction);
      });
      await expect(failing).rejects.toMatchObject({ code: '22012' });
    }
    expect(await db.selectFrom('member').selectAll().execute()).toEqual([]);
  });

  test('a closed database can be opened again', async () => {
    await database.sync();
    const other = await open();
    await other.close();
    await expect(sql`select 1`.execute(other.db)).rejects.toThrow();
  });
});
