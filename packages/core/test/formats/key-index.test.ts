import { expect, test } from 'vitest';
import { decodeKeyIndex, encodeKeyIndex, summaryAt } from '../../src/formats/key-index.ts';
import { decodeSafeTensors, encodeSafeTensors } from '../../src/formats/safetensors.ts';
import { summarise } from '../../src/search/summary.ts';

const keysOf = (n: number, seed: number) => ({
  ...{ h: 1, w: n, d: 5 },
  data: Float32Array.from({ length: n * 5 }, (_, i) => Math.sin(seed + 12.9 * i)),
});
const parts = [40, 3].map((n, i) => ({ sha256: `${i}`.repeat(64), summary: summarise(keysOf(n, i)) }));

test('images and their rows come back as they were', () => {
  const { images, summary } = decodeKeyIndex(encodeKeyIndex(parts));
  expect(images).toEqual([
    { sha256: '0'.repeat(64), rows: 32 },
    { sha256: '1'.repeat(64), rows: 3 },
  ]);
  expect(summaryAt(summary, 0, 32)).toEqual(parts[0].summary);
  expect(summaryAt(summary, 32, 3)).toEqual(parts[1].summary);
});

test('another format, version or number of rows is refused', () => {
  const { tensors, metadata } = decodeSafeTensors(encodeKeyIndex(parts));
  const changed = (other: Record<string, string>) =>
    encodeSafeTensors({ tensors, metadata: { ...metadata, ...other } });
  expect(() => decodeKeyIndex(changed({ format: 'saltworks-keys' }))).toThrow('a file of saltworks-keys, version 1');
  expect(() => decodeKeyIndex(changed({ version: '2' }))).toThrow('version 2; expected saltworks-key-index, version 1');
  expect(() => decodeKeyIndex(changed({ images: '[]' }))).toThrow('expected 0 rows');
  expect(() => decodeKeyIndex(changed({ images: '[{"sha256":"a"}]' }))).toThrow('images of an index');
});
