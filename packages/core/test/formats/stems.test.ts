import { expect, test } from 'vitest';
import { Stems, withoutExtension } from '../../src/formats/stems.ts';
import { random } from '../golden.ts';

function stemsOf(names: readonly string[]): Map<string, string> {
  const stems = new Stems();
  for (const name of names) stems.add(name);
  return new Map(names.map((name) => [name, stems.of(name)]));
}

test.each([
  ['x.jpg', 'x'],
  ['sub.d/x.tar.gz', 'sub.d/x.tar'],
  ['sub.d/x', 'sub.d/x'],
  ['.x', '.x'],
  ['a/.x', 'a/.x'],
  ['.x.png', '.x'],
  ['x.', 'x'],
])('%s without its extension is %s', (name, stem) => expect(withoutExtension(name)).toBe(stem));

test('images that share a stem keep their extensions, others do not', () => {
  expect(stemsOf(['x.jpg', 'y.jpg', 'x.png', 'sub/x.jpg', 'y.jpg'])).toEqual(
    new Map([
      ['x.jpg', 'x.jpg'],
      ['y.jpg', 'y'],
      ['x.png', 'x.png'],
      ['sub/x.jpg', 'sub/x'],
    ]),
  );
});

test('two images keep their whole names if one’s stem is the other’s name', () => {
  expect([...stemsOf(['x.jpg', 'x.png', 'x.jpg.tif', 'z.jpg.png', 'z.jpg']).values()]).toEqual([
    ...['x.jpg', 'x.png', 'x.jpg.tif'],
    ...['z.jpg.png', 'z'],
  ]);
});

test('stems are unique, whatever the names and their order', () => {
  for (let seed = 0; seed < 300; seed++) {
    const next = random(seed);
    const part = () => ['a', 'b', '.jpg', '.png', '/', '.'][Math.floor(next() * 6)];
    const names = [...new Set(Array.from({ length: 12 }, () => Array.from({ length: 1 + next() * 4 }, part).join('')))];
    const stems = stemsOf(names);
    expect(new Set(stems.values()).size, names.join(' ')).toBe(names.length);
    const shuffled = [...names].sort(() => next() - 0.5);
    expect(stemsOf(shuffled)).toEqual(stems);
  }
});
