import { expect, test } from 'vitest';
import { FingerprintMap, Fingerprints } from '../../src/datasets/fingerprints.ts';
import { random } from '../bytes.ts';

/** 32 bytes; of the first 8, the last `spread` are random and the others 0. A small spread repeats many digests. */
function digest(next: () => number, spread: number): Uint8Array {
  // Not at the start of its buffer, like a digest read from a larger buffer.
  const bytes = new Uint8Array(40).subarray(8);
  for (let i = 0; i < 8; i++) bytes[i] = i >= 8 - spread ? Math.floor(next() * 256) : 0;
  return bytes;
}

test.each([8, 3, 2])('answers as a Set does, while it grows (digests of %i random bytes)', (spread) => {
  const next = random(spread);
  const found = new Fingerprints();
  const expected = new Set<string>();
  for (let i = 0; i < 60_000; i++) {
    const bytes = digest(next, spread);
    const name = Buffer.from(bytes).toString('hex');
    if (found.has(bytes) !== expected.has(name)) throw new Error(`digest ${i}: has() differs`);
    if (found.add(bytes) === expected.has(name)) throw new Error(`digest ${i}: add() differs`);
    expected.add(name);
  }
  expect(found.size).toBe(expected.size);
  for (const name of expected) if (!found.has(Buffer.from(name, 'hex'))) throw new Error(`${name} was forgotten`);
});

test('a digest of zeros is a digest like any other', () => {
  const found = new Fingerprints();
  const zeros = new Uint8Array(32);
  expect([found.has(zeros), found.add(zeros), found.add(zeros), found.has(zeros), found.size]).toEqual([
    ...[false, true, false, true, 1],
  ]);
});

test('a map answers as a Map does, while it grows', () => {
  const next = random(5);
  const found = new FingerprintMap();
  const expected = new Map<string, number>();
  for (let i = 0; i < 60_000; i++) {
    const bytes = digest(next, 3);
    const name = Buffer.from(bytes).toString('hex');
    if (found.get(bytes) !== expected.get(name)) throw new Error(`digest ${i}: get() differs`);
    found.set(bytes, i);
    expected.set(name, i);
  }
  expect(found.size).toBe(expected.size);
  for (const [name, i] of expected) if (found.get(Buffer.from(name, 'hex')) !== i) throw new Error(`${name} differs`);
});
