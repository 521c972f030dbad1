import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { expect, test } from 'vitest';
import { scribblesOf } from '../../src/drawing/scribbles-of.ts';

const size = { width: 10, height: 20 };
const drawing = (category: number) => ({
  segments: [{ id: 9, category }],
  strokes: [{ segment: 9, points: [[5, 1] as [number, number]], radius: 2, n: 2 }],
});

test('a drawing becomes a scribble document, without numbers of interactions', () => {
  const categories: LabelCategory[] = [{ id: 3, name: 'salt', colour: '#ffffff', isthing: true }];
  const document = scribblesOf(drawing(3), size, categories);
  expect(JSON.parse(document)).toEqual({
    version: 1,
    image: { width: 10, height: 20 },
    segments: [{ id: 9, category: 'salt', isthing: true }],
    strokes: [{ segment: 9, points: [[5, 1]], radius: 2 }],
  });
  expect(() => scribblesOf(drawing(4), size, categories)).toThrow(
    "segment 9 is of category 4; expected one of the campaign's",
  );
});
