/** Schedules on Temporal's own server: they fire by themselves, survive restarts, and never fire twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newSchedule } from '@saltworks/contract/api/schedules';
import type { FiringEnd } from '@saltworks/contract/messages/schedules';
import { Context } from '@temporalio/activity';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listFirings } from '../../dist/schedules/firings.js';
import {
  changeSchedule,
  createSchedule,
  describeSchedule,
  removeSchedule,
  triggerSchedule,
} from '../../dist/schedules/schedules.js';
import { makeUser } from '../campaigns/campaign.ts';
import { openRig, type Rig, until } from './rig.ts';

let rig: Rig;
let server: Awaited<ReturnType<Rig['startServer']>>;
let stopWorker: () => Promise<void>;
/** Sources of imports, as they begin; and how long one takes, milliseconds. */
const begun: string[] = [];
let takes = 0;

async function importImages({ source }: { source: string }): Promise<FiringEnd> {
  begun.push(source);
  const context = Context.current();
  for (const end = Date.now() + takes; Date.now() < end; ) {
    context.heartbeat();
    await Promise.race([sleep(200), context.cancelled]);
  }
  return { outcome: 'done', reason: null, made: { images: 1 } };
}

beforeAll(async () => {
  rig = await openRig(importImages);
  server = await rig.startServer();
  stopWorker = await rig.startWorker();
  await makeUser(server.db, 'ann');
}, 120_000);
afterAll(async () => {
  await stopWorker?.();
  await server?.close();
  await rig?.close();
}, 60_000);
beforeEach(() => {
  begun.length = 0;
  takes = 0;
});

const deps = () => ({ db: server.db, client: rig.client });

async function create(id: string, settings: Record<string, unknown> = {}): Promise<void> {
  const work = { kind: 'import', dataset: 'pets', source: `/photos/${id}` };
  await createSchedule(deps(), newSchedule.parse({ id, work, when: 'every 1s', ...settings }), 'ann');
}

const firings = async (id: string) => (await listFirings(server.db, id, { limit: 200 })).items;
const ended = async (id: string) => (await firings(id)).filter(({ outcome }) => outcome !== 'running');
const outcomes = async (id: string, outcome: string) => (await firings(id)).filter((each) => each.outcome === outcome);
const pause = (id: string) => changeSchedule(deps(), id, { paused: true }, 'ann');
const handle = (id: string) => rig.client.schedule.getHandle(`schedule/${id}`);

test('a schedule whose time cannot be is refused, and none is made', async () => {
  await expect(create('never', { when: '0 25 * * *' })).rejects.toThrow(/hour 25; expected 0 to 23/);
  await expect(create('never', { timezone: '+01:00' })).rejects.toThrow(/time zone "\+01:00"; expected a name/);
  await expect(describeSchedule(deps(), 'never')).rejects.toThrow(/never/);
});

test('a schedule fires by itself, once for each time, until it is paused', async () => {
  await create('ticks');
  await until(async () => (await outcomes('ticks', 'done')).length >= 3);
  await pause('ticks');
  await until(async () => (await outcomes('ticks', 'running')).length === 0);
  const found = await firings('ticks');
  const times = found.map(({ at }) => at);
  expect(new Set(times).size).toBe(times.length);
  // On a busy machine one may still go on when the next is due, which is then skipped.
  const skipped = await outcomes('ticks', 'skipped');
  const done = found.filter(({ outcome }) => outcome !== 'skipped');
  for (const { at } of found) expect(Date.parse(at) % 1_000).toBe(0);
  for (const { outcome, made } of done) expect({ outcome, made }).toEqual({ outcome: 'done', made: { images: 1 } });
  expect(begun).toHaveLength(found.length - skipped.length);
  await sleep(2_500);
  expect(await firings('ticks')).toHaveLength(found.length);
  expect(await describeSchedule(deps(), 'ticks')).toMatchObject({ paused: true, next: [], missed: 0, dropped: 0 });
  // Paused or not, it fires when somebody says so.
  await triggerSchedule(deps(), 'ticks', 'ann');
  await until(async () => (await ended('ticks')).length === found.length + 1);
}, 120_000);

test('past nights are made up for, each once, however often somebody asks', async () => {
  await create('nights', { when: '30 2 * * *', timezone: 'Europe/Berlin', paused: true });
  const span = { start: new Date('2026-03-27T00:00:00Z'), end: new Date('2026-03-31T00:00:00Z') };
  const overlap = ScheduleOverlapPolicy.BUFFER_ALL;
  await handle('nights').backfill({ ...span, overlap });
  const count = () => until(async () => (await ended('nights')).length === 3);
  await count();
  // On the 29th, clocks went from 2:00 to 3:00.
  expect((await firings('nights')).map(({ at }) => at).sort()).toEqual([
    '2026-03-27T01:30:00.000Z',
    '2026-03-28T01:30:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ]);
  expect(begun).toHaveLength(3);
  await handle('nights').backfill({ ...span, overlap });
  await until(async () => (await handle('nights').describe()).info.numActionsTaken === 6);
  await sleep(2_000);
  await count();
  expect(begun).toHaveLength(3);
}, 120_000);

test('skip: a firing that comes while one is under way is left out, and says so', async () => {
  takes = 4_000;
  await create('skips', { overlap: 'skip' });
  const [skipped] = await until(async () => {
    const found = await outcomes('skips', 'skipped');
    return found.length > 0 && found;
  });
  await pause('skips');
  const first = (await firings('skips')).at(-1);
  expect(skipped.reason).toBe(`the firing of ${first?.at} is under way`);
  await until(async () => (await outcomes('skips', 'running')).length === 0);
  expect((await outcomes('skips', 'done')).map(({ id }) => id)).toContain(first?.id);
}, 120_000);

test('buffer: one waits, the others are dropped and counted; two are never under way', async () => {
  takes = 2_500;
  await create('waits', { overlap: 'buffer' });
  await until(async () => {
    const found = await firings('waits');
    expect(found.filter(({ outcome }) => outcome === 'running').length).toBeLessThan(2);
    return (await describeSchedule(deps(), 'waits')).dropped > 0 && (await outcomes('waits', 'done')).length > 1;
  });
  await removeSchedule(deps(), 'waits', 'ann');
  await expect(describeSchedule(deps(), 'waits')).rejects.toThrow('no schedule waits');
}, 120_000);

test('cancel: the firing before is ended, and says so', async () => {
  takes = 60_000;
  await create('ends', { overlap: 'cancel', paused: true });
  await triggerSchedule(deps(), 'ends', 'ann');
  await until(async () => begun.length === 1);
  await sleep(1_100);
  await triggerSchedule(deps(), 'ends', 'ann');
  const [cancelled] = await until(async () => {
    const found = await outcomes('ends', 'cancelled');
    return found.length > 0 && found;
  });
  expect(cancelled.reason).toBe('it was ended before it was through');
  await until(async () => begun.length === 2);
  takes = 0;
  await removeSchedule(deps(), 'ends', 'ann');
}, 120_000);

test('Temporal and the server are killed and start again: what was missed is made up for, nothing is done twice', async () => {
  await create('survives', { overlap: 'buffer', catchUp: 3_600 });
  await until(async () => (await ended('survives')).length >= 1);
  await stopWorker();
  await server.close();
  await rig.killTemporal();
  await sleep(3_000);
  await rig.startTemporal();
  server = await rig.startServer();
  stopWorker = await rig.startWorker();
  const before = Date.now();
  await until(async () => (await firings('survives')).some(({ at }) => Date.parse(at) > before));
  await pause('survives');
  await until(async () => (await outcomes('survives', 'running')).length === 0);
  const times = (await firings('survives')).map(({ at }) => at);
  expect(new Set(times).size).toBe(times.length);
  const done = await outcomes('survives', 'done');
  expect(begun.filter((source) => source === '/photos/survives')).toHaveLength(done.length);
}, 180_000);

test('missed firings are left out where nobody wants them made up for', async () => {
  await create('fresh', { catchUp: null, paused: true });
  expect((await handle('fresh').describe()).policies.catchupWindow).toBe(10_000);
});

test('a Temporal that lost everything is told of the schedules again', async () => {
  await create('told', { when: '0 2 * * *', timezone: 'America/New_York', note: 'every night' });
  await stopWorker();
  await server.close();
  await rig.killTemporal();
  rig.loseTemporal();
  await rig.startTemporal();
  server = await rig.startServer();
  stopWorker = await rig.startWorker();
  const { next } = await until(async () => {
    const found = await describeSchedule(deps(), 'told');
    return found.next.length > 0 && found;
  });
  expect(new Date(next[0]).getUTCMinutes()).toBe(0);
  expect(await describeSchedule(deps(), 'ticks')).toMatchObject({ paused: true, next: [] });
}, 120_000);

test('a schedule that cannot be is refused in one line', async () => {
  await expect(create('allowed', { overlap: 'allow' })).rejects.toThrow(
    'overlap allow of import; expected skip, buffer or cancel',
  );
  await expect(create('told')).rejects.toThrow('schedule told is there already; expected an id that is free');
});
