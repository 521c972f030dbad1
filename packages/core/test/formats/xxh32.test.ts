import { expect, test } from 'vitest';
import { xxh32 } from '../../src/formats/xxh32.ts';
import { goldenJson, random } from '../golden.ts';

const { xxh32: known } = goldenJson('keys.json') as { xxh32: [string, string][] };
const bytesOf = (text: string) => new TextEncoder().encode(text);

test('sums equal those of Python’s xxhash', () => {
  for (const [text, digits] of known) expect(xxh32(bytesOf(text)).toString(16).padStart(8, '0'), text).toBe(digits);
});

test('bytes have the same sum at any alignment, and in parts of 16', () => {
  const next = random(3);
  const bytes = Uint8Array.from({ length: 1003 }, () => 256 * next());
  const sum = xxh32(bytes);
  for (let offset = 1; offset < 8; offset++) {
    const room = new Uint8Array(bytes.length + offset);
    room.set(bytes, offset);
    expect(xxh32(room.subarray(offset))).toBe(sum);
  }
  for (const cut of [16, 160, 992]) expect(xxh32(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(sum);
});
