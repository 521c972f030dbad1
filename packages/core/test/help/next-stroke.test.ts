import { expect, test } from 'vitest';
import { nextStroke } from '../../src/help/next-stroke.ts';

const [h, w] = [12, 16];
const labels = [0, 7, 9];

/** Certain of the background, except at the given nodes. */
function scoresWith(unsure: { node: number; scores: [number, number, number] }[]) {
  const data = new Float32Array(h * w * labels.length);
  for (let node = 0; node < h * w; node++) data.set([1, 0, 0], 3 * node);
  for (const { node, scores } of unsure) data.set(scores, 3 * node);
  return { data, h, w, labels };
}
const seedAt = (...nodes: number[]) =>
  new Int32Array(h * w).fill(-1).map((none, node) => (nodes.includes(node) ? 0 : none));
const block = (x: number, y: number, size: number, scores: [number, number, number]) =>
  Array.from({ length: size * size }, (_, i) => ({ node: (y + Math.floor(i / size)) * w + x + (i % size), scores }));

test('the next stroke is in the middle of the largest unsure region, with its two likeliest owners; a lone node loses', () => {
  const scores = scoresWith([...block(9, 3, 5, [0.4, 0.15, 0.45]), { node: 8 * w + 2, scores: [0.5, 0.5, 0] }]);
  expect(nextStroke(scores, seedAt(0))).toEqual({ node: 5 * w + 11, size: 25, segment: 9, other: 0 });
});

test('of equal regions the one farther from strokes wins', () => {
  const both = [...block(2, 4, 3, [0.5, 0.5, 0]), ...block(11, 4, 3, [0.5, 0.5, 0])];
  expect(nextStroke(scoresWith(both), seedAt(5 * w))?.node).toBe(5 * w + 12);
  expect(nextStroke(scoresWith(both), seedAt(5 * w + 15))?.node).toBe(5 * w + 3);
});

test('it is never on a stroke or beside one, and nowhere if all nodes are certain', () => {
  expect(nextStroke(scoresWith([{ node: 20, scores: [0.5, 0.5, 0] }]), seedAt(21))).toBeUndefined();
  expect(nextStroke(scoresWith([]), seedAt(0))).toBeUndefined();
});

test('sizes that do not fit are refused', () => {
  expect(() => nextStroke(scoresWith([]), new Int32Array(3))).toThrow('3 seeds; expected 12 × 16 × 3 and 12 × 16');
});
