import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openProbes, publicly, readiness } from '../dist/probes.js';

const fine = async () => {};
const broken = async () => {
  throw new Error('connect ECONNREFUSED 10.0.0.5:5432\nsecond line');
};
const silent = () => new Promise<never>(() => {});

test('a process is ready if all parts answer; others are named, with the reason in one line', async () => {
  expect(await readiness({ database: fine, store: fine })).toEqual({
    ready: true,
    parts: { database: 'ok', store: 'ok' },
  });
  expect(await readiness({ database: broken, temporal: silent, store: fine }, 50)).toEqual({
    ready: false,
    parts: {
      database: 'connect ECONNREFUSED 10.0.0.5:5432 second line',
      temporal: 'no answer within 0.05 s',
      store: 'ok',
    },
  });
});

test('what the public is told holds no address', async () => {
  const answer = publicly(await readiness({ database: broken, store: fine }));
  expect(answer).toEqual({ ready: false, parts: { database: 'fails', store: 'ok' } });
});

test('many callers share one question, and its answer stands for a while', async () => {
  let asked = 0;
  const probes = openProbes({ database: async () => void asked++ }, { keptMs: 100 });
  await Promise.all(Array.from({ length: 20 }, probes.readiness));
  expect(asked).toBe(1);
  await sleep(150);
  await probes.readiness();
  expect(asked).toBe(2);
});

test('a process that drains is not ready, though its parts answer', async () => {
  const probes = openProbes({ database: fine });
  expect(await probes.readiness()).toMatchObject({ ready: true });
  probes.drain();
  expect(probes.draining).toBe(true);
  expect(publicly(await probes.readiness())).toEqual({ ready: false, parts: { process: 'draining' } });
  expect(await probes.samples()).toEqual([{ labels: { part: 'database' }, value: 1 }]);
});

test('the log says once that a process is not ready, and why, and once that it is again', async () => {
  const lines: string[] = [];
  let check = fine;
  const probes = openProbes({ store: () => check(), database: fine }, { keptMs: -1, log: (line) => lines.push(line) });
  for (const next of [fine, broken, broken, fine, fine]) {
    check = next;
    await probes.readiness();
  }
  expect(lines).toEqual(['not ready: store: connect ECONNREFUSED 10.0.0.5:5432 second line', 'ready again']);
});
