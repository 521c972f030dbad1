import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEntry } from '@saltworks/contract/documents/journal';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { type Journal, openJournal } from '../../dist/db/journal.js';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));
let path: string;
let count = 0;
beforeEach(() => {
  path = join(folder, `${++count}.ndjson`);
});

const entry = (n: number): JournalEntry => ({
  assignment: 'a1',
  n,
  client: 'ü',
  seq: n,
  kind: 'stroke',
  body: { kind: 'stroke', segment: 1, points: [[n, 0.5]], radius: 2 },
  received: '2026-03-04T05:06:07.089Z',
});

async function entries(journal: Journal): Promise<JournalEntry[]> {
  const read: JournalEntry[] = [];
  await journal.replay(async (entry) => read.push(entry));
  return read;
}

const numbers = async (journal: Journal) => (await entries(journal)).map(({ n }) => n);

test('entries come back unchanged, in order', async () => {
  const journal = await openJournal(path);
  await Promise.all([1, 2, 3].map((n) => journal.append(entry(n))));
  await journal.append(entry(4), entry(5));
  await journal.append();
  expect(await entries(journal)).toEqual([1, 2, 3, 4, 5].map(entry));
  await journal.close();
  const again = await openJournal(path);
  await again.append(entry(6));
  expect(await entries(again)).toEqual([1, 2, 3, 4, 5, 6].map(entry));
  await again.clear();
  await again.append(entry(7));
  expect(await entries(again)).toEqual([entry(7)]);
  await again.close();
});

test('appends of many callers at once are flushed together, in the order of the calls', async () => {
  const journal = await openJournal(path);
  const order: number[] = [];
  const all = Array.from({ length: 500 }, (_, i) => journal.append(entry(i + 1)).then(() => order.push(i + 1)));
  await Promise.all(all);
  expect(order).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
  expect(await numbers(journal)).toEqual(order);
  await journal.close();
});

test('a line torn at any byte is dropped, and the next one is whole', async () => {
  const journal = await openJournal(path);
  await journal.append(entry(1), entry(2));
  await journal.close();
  const whole = statSync(path).size;
  const first = readFileSync(path).indexOf('\n') + 1;
  for (let size = whole - 1; size >= first; size -= 7) {
    truncateSync(path, size);
    const torn = await openJournal(path);
    await torn.append(entry(3));
    expect(await numbers(torn)).toEqual([1, 3]);
    await torn.close();
    truncateSync(path, first);
    appendFileSync(path, `${JSON.stringify(entry(2))}\n`);
  }
  truncateSync(path, first - 5);
  const nothing = await openJournal(path);
  expect(await numbers(nothing)).toEqual([]);
  await nothing.close();
});

test('a page that never reached the disk is skipped', async () => {
  const journal = await openJournal(path);
  await journal.append(entry(1));
  await journal.close();
  appendFileSync(path, Buffer.alloc(4096));
  appendFileSync(path, `tail of a line"}\n${JSON.stringify(entry(2))}\n`);
  const again = await openJournal(path);
  expect(await numbers(again)).toEqual([1, 2]);
  await again.close();
});

test('acknowledged entries survive a kill of the process', async () => {
  let known = 0;
  for (let round = 0; round < 3; round++) {
    const child: ChildProcess = fork(new URL('./journal-writer.mjs', import.meta.url), [path, String(known)]);
    child.on('message', (n: number) => {
      known = n;
      if (n % 100 === 0) child.kill('SIGKILL');
    });
    await once(child, 'exit');
    const journal = await openJournal(path);
    const read = await numbers(journal);
    expect(read.length).toBeGreaterThanOrEqual(known);
    expect(read).toEqual(Array.from(read, (_, i) => i + 1));
    known = read.length;
    await journal.close();
  }
});

test('a closed journal accepts no entries', async () => {
  const journal = await openJournal(path);
  await journal.append(entry(1));
  await journal.close();
  const failed = await Promise.allSettled([journal.append(entry(2)), journal.append(entry(3))]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(journal.append(entry(4))).rejects.toThrow();
  await expect(journal.clear()).rejects.toThrow();
});

test('a journal without a file keeps nothing', async () => {
  const journal = await openJournal(undefined);
  await journal.append(entry(1));
  expect(await entries(journal)).toEqual([]);
  await journal.close();
});
