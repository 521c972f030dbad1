import { describe, expect, test } from 'vitest';
import { randomFrom } from '../../src/random.ts';
import { human, ideal } from '../../src/robots/corrector.ts';
import { deepestError } from '../../src/robots/error.ts';

/** A picture from rows of letters: the truth, and the mask below it. */
function seen(truth: string[], mask: string[]) {
  const numbers = (rows: string[]) =>
    Int32Array.from(rows.join(''), (letter) => (letter === '.' ? -1 : Number(letter)));
  return { width: truth[0].length, height: truth.length, labels: numbers(mask), actual: numbers(truth) };
}

/** By the definition: the chessboard distance to the nearest pixel that is no error of this label. */
function bruteForce({ width, height, labels, actual }: ReturnType<typeof seen>) {
  const kind = (x: number, y: number) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return -1;
    const i = y * width + x;
    return labels[i] === actual[i] ? -1 : actual[i];
  };
  let best: { label: number; x: number; y: number; depth: number } | undefined;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const label = kind(x, y);
      if (label < 0) continue;
      let depth = Number.POSITIVE_INFINITY;
      for (let v = -1; v <= height; v++) {
        for (let u = -1; u <= width; u++) {
          if (kind(u, v) !== label) depth = Math.min(depth, Math.max(Math.abs(u - x), Math.abs(v - y)));
        }
      }
      if (!best || depth > best.depth) best = { label, x, y, depth };
    }
  }
  return best;
}

describe('the deepest error', () => {
  test('lies where every other pixel of its kind is nearer to what is right', () => {
    for (let round = 0; round < 60; round++) {
      const random = randomFrom(`error ${round}`);
      const [width, height] = [5 + Math.floor(12 * random()), 4 + Math.floor(12 * random())];
      const blobs = () => {
        const out = new Int32Array(width * height);
        for (let i = 0; i < 4; i++) {
          const [x, y, r, label] = [random() * width, random() * height, random() * 6, Math.floor(random() * 3)];
          for (let p = 0; p < out.length; p++) {
            if (Math.hypot((p % width) - x, Math.floor(p / width) - y) < r) out[p] = label;
          }
        }
        return out;
      };
      const actual = blobs().map((label) => (random() < 0.02 ? -1 : label));
      const picture = { width, height, actual, labels: blobs() };
      expect(deepestError(picture)).toEqual(bruteForce(picture));
    }
  });

  test('is none where only ignored pixels are wrong', () => {
    expect(deepestError(seen(['0.'], ['01']))).toBeUndefined();
    expect(ideal.correct(seen(['0.'], ['01']), 2, Math.random)).toBeUndefined();
  });
});

describe('annotators', () => {
  const picture = seen(
    ['0000000', '0111110', '0111110', '0111110', '0111110', '0111110', '0000000'],
    ['0000000', '0000000', '0000000', '0000000', '0000000', '0000000', '0000000'],
  );

  test('the ideal one puts a dot within the error', () => {
    expect(ideal.correct(picture, 2, Math.random)).toEqual({ label: 1, points: [[3, 3]], radius: 2 });
  });

  test('the human-like one draws within the picture, the same from the same numbers', () => {
    const draw = (seed: string) => human.correct(picture, 2, randomFrom(seed))!;
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
    for (let i = 0; i < 200; i++) {
      const { points, radius } = draw(`${i}`);
      expect(radius).toBeGreaterThanOrEqual(2);
      expect(radius).toBeLessThan(5);
      for (const at of points.flat()) {
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThan(7);
      }
    }
  });

  test('the human-like one takes another label one time in twenty, and there is no other than the two', () => {
    const random = randomFrom('slips');
    const labels = Array.from({ length: 4000 }, () => human.correct(picture, 2, random)!.label);
    const slips = labels.filter((label) => label === 0).length;
    expect(labels.every((label) => label === 0 || label === 1)).toBe(true);
    expect(slips / labels.length).toBeCloseTo(0.05, 1.7);
  });
});
