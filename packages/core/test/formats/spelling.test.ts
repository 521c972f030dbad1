import { expect, test } from 'vitest';
import { asSeen, asWritten } from '../../src/formats/spelling.ts';
import { Stems } from '../../src/formats/stems.ts';

const [composed, apart] = ['\u00e9', 'e\u0301'];

test('composed and decomposed letters look the same, and are told apart as written', () => {
  expect(asSeen(composed)).toBe(asSeen(apart));
  expect([composed, apart].map(asWritten)).toEqual(['\\u{e9}', 'e\\u{301}']);
  expect(asWritten('a/b-1.png')).toBe('a/b-1.png');
});

test('names that look the same share a stem', () => {
  const stems = new Stems();
  for (const name of [`${composed}.jpg`, `${apart}.png`, 'x.jpg']) stems.add(name);
  expect([`${composed}.jpg`, `${apart}.png`, 'x.jpg'].map((name) => stems.of(name))).toEqual([
    `${composed}.jpg`,
    `${apart}.png`,
    'x',
  ]);
});
