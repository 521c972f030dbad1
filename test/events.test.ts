import { readFileSync } from 'node:fs';
import type { NodeLabels } from '@saltworks/contract/documents/node-labels';
import { decodeRuns, encodeRuns } from '@saltworks/contract/documents/run-lengths';
import { expect, test } from 'vitest';
import { parseEvents } from '../e2e/annotator.ts';

const golden = (name: string) => readFileSync(new URL(`../spec/golden/${name}`, import.meta.url), 'utf8');
const { events, rest } = parseEvents(golden('events.txt'));

test('the golden events (spec/events.md) are numbered from 1 without a gap, and have every kind', () => {
  expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i + 1));
  expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['none', 'patch', 'pixel', 'state']));
  expect(rest).toBe('');
});

test('runs of the golden patch are the segments of its nodes, row by row', () => {
  const patch = events.find(({ event }) => event === 'patch')!.data as unknown as NodeLabels & { n: number };
  const rows: number[][] = JSON.parse(golden('events.json'))[patch.n];
  const labels = decodeRuns(patch);
  expect(Array.from(labels, (k) => patch.labels[k])).toEqual(rows.flat());
  expect([patch.h, patch.w]).toEqual([rows.length, rows[0].length]);
  expect(encodeRuns(labels)).toEqual(patch.runs);
});
