import { describe, expect, test } from 'vitest';
import { chosenImages } from '../../src/report/choose.ts';
import { rows } from './run.ts';

/** Images of one source with these IoUs, named by their place. */
const strokes = (ious: readonly number[]) =>
  ious.map((iou, i) => ({
    ...rows[0],
    image: `image ${i}`,
    segments: rows[0].segments.map((segment) => ({ ...segment, iou })),
  }));
const ranks = (ious: readonly number[]) => chosenImages(strokes(ious)).map(({ image, rank }) => `${image} ${rank}`);

describe('images of a report', () => {
  test('are the best, the middle and the worst three, best first', () => {
    const ious = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];
    expect(ranks(ious)).toEqual([
      ...['image 10 best', 'image 9 best', 'image 8 best', 'image 6 median', 'image 5 median', 'image 4 median'],
      ...['image 2 worst', 'image 1 worst', 'image 0 worst'],
    ]);
  });

  test('appear once: of few images the worst are shown as such', () => {
    expect(ranks([0.9, 0.5])).toEqual(['image 0 worst', 'image 1 worst']);
    expect(ranks([0.9, 0.5, 0.1, 0.7])).toEqual(['image 0 best', 'image 3 worst', 'image 1 worst', 'image 2 worst']);
  });

  test('are chosen of each source, and where corrections count by how many were needed', () => {
    const chosen = chosenImages(rows);
    expect(new Set(chosen.map(({ protocol, source }) => `${protocol} ${source}`))).toEqual(
      new Set(['strokes coco', 'strokes icg', 'corrections coco', 'corrections icg']),
    );
    const coco = chosen.filter(({ protocol, source }) => protocol === 'corrections' && source === 'coco');
    expect(coco.map(({ image, rank }) => [image, rank])).toEqual([
      ['a', 'best'],
      ['b', 'worst'],
    ]);
  });
});
