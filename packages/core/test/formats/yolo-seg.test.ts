import { expect, test } from 'vitest';
import { exportFormats } from '../../src/formats/export.ts';
import { dataset, exported, imageOf, open, some } from './export-images.ts';

const text = (bytes?: Uint8Array) => new TextDecoder().decode(bytes);

test('a segment is a line: its class and its outline as shares of the sides', async () => {
  const { files } = await exported(open('yolo-seg'), some.slice(0, 2));
  expect(text(files.get('labels/1.txt')).split('\n')).toEqual([
    '1 0.25 0 0.75 0 0.75 1 0.5 1 0.5 0.333333 0.25 0.333333',
    '2 0 0.333333 0.5 0.333333 0.5 1 0 1',
    '0 0.75 0.333333 1 0.333333 1 1 0.75 1',
    '',
  ]);
  expect(text(files.get('labels/2.txt'))).toBe('');
});
test('shares restore the corners at any size', () => {
  for (const side of [1, 3, 7, 640, 4001, 65_537, 999_983]) {
    const mask = { ids: new Uint32Array(side), width: side, height: 1 };
    for (const x of [0, side >> 1, side - 1]) mask.ids[x] = 7;
    const [, ...shares] = text(open('yolo-seg').image(imageOf(mask)).files[0].bytes)
      .trim()
      .split(' ')
      .map(Number);
    const corners = new Set(shares.filter((_, i) => i % 2 === 0).map((value) => Math.round(value * side)));
    const expected = new Set([0, side >> 1, side - 1].flatMap((x) => [x, x + 1]));
    for (const corner of corners) expect(expected).toContain(corner);
    expect(corners.has(side)).toBe(true);
  }
});
test('data.yaml names categories with any characters', async () => {
  const odd = ['cat', 'a: "b"', 'naïve 🙂', 'x\u2028y\u007f'].map((name, i) => ({
    id: 9 - i,
    name,
    isthing: 1 as const,
  }));
  const { documents } = await exported(exportFormats['yolo-seg']({ ...dataset, categories: odd }), []);
  expect(documents.get('data.yaml')).toBe(
    [
      '# "Pond". Put the pictures into images/, and split them into train and val as you wish.',
      'train: images',
      'val: images',
      'names:',
      '  0: "x\\u2028y\\u007f"',
      '  1: "naïve 🙂"',
      '  2: "a: \\"b\\""',
      '  3: "cat"',
      '',
    ].join('\n'),
  );
});
