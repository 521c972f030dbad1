import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { keepLastUsed } from '../src/last-used.ts';

/** Things by name that note what happens to them. */
function things(most: number) {
  const kept = keepLastUsed<{ name: string; close(): Promise<void> }>(most);
  const log: string[] = [];
  const open = (name: string) => async () => {
    log.push(`open ${name}`);
    return { name, close: async () => void log.push(`close ${name}`) };
  };
  const use = (name: string, work: () => Promise<void> = async () => {}) => kept.use(name, open(name), work);
  return { kept, log, use };
}

test('those that were used last stay open, the others open again', async () => {
  const { log, use } = things(2);
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await use(name);
  expect(log).toEqual(['open a', 'open b', 'open c', 'close b', 'open b', 'close c']);
});

test('none is closed at work, however many are open', async () => {
  const { log, use } = things(1);
  const works = ['a', 'b', 'c'].map((name) => use(name, () => sleep(20)));
  await use('d');
  expect(log).toEqual(['open a', 'open b', 'open c', 'open d', 'close d']);
  await Promise.all(works);
  await sleep(0);
  expect(log.filter((line) => line.startsWith('close'))).toHaveLength(3);
});

test('what failed to open is tried anew', async () => {
  const { kept, log, use } = things(2);
  const failing = kept.use(
    'a',
    () => Promise.reject(new Error('no memory')),
    () => {},
  );
  await expect(failing).rejects.toThrow('no memory');
  await use('a');
  await kept.close();
  expect(log).toEqual(['open a', 'close a']);
});
