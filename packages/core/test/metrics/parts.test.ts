import { expect, test } from 'vitest';
import { countParts } from '../../src/metrics/parts.ts';

const mask = (rows: string[]) => ({
  ids: Uint32Array.from(rows.join(''), Number),
  width: rows[0].length,
  height: rows.length,
});

test('parts touch by sides, not by corners, and not across the border', () => {
  const found = countParts(mask(['1001', '0110', '0110', '1001', '0002']));
  expect(Object.fromEntries(found)).toEqual({ 0: 4, 1: 5, 2: 1 });
});

test('an ignored pixel joins parts, and is none by itself', () => {
  const rows = mask(['11210']);
  expect(countParts(rows).get(1)).toBe(2);
  expect(countParts(rows, Uint8Array.of(0, 0, 0, 1, 0)).get(1)).toBe(1);
  expect(countParts(mask(['111']), Uint8Array.of(0, 1, 0)).get(1)).toBe(1);
  expect(countParts(rows, Uint8Array.of(0, 0, 1, 0, 0)).has(2)).toBe(false);
});
