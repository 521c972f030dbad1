import { expect, test } from 'vitest';
import { fillTable } from '../../src/sizes/positions.ts';
import { clearWaves, wavesOf } from '../../src/sizes/rope.ts';
import { expectClose, random } from '../run.ts';

/** DINOv3's angles: 2π · coordinate / period, rows first, then columns, all of it twice. */
function table(of: 'cos' | 'sin', h: number, w: number, periods: readonly number[]) {
  const d = 4 * periods.length;
  const data = new Float32Array(h * w * d);
  const middle = (i: number, n: number) => (2 * (i + 0.5)) / n - 1;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const angles = [middle(y, h), middle(x, w)].flatMap((c) => periods.map((period) => (2 * Math.PI * c) / period));
      data.set(
        [...angles, ...angles].map((angle) => Math[of](angle)),
        (y * w + x) * d,
      );
    }
  }
  return { data, d };
}
const periods = [1, 3.16, 10, 31.6, 75];

test.each([
  [7, 7],
  [4, 4],
  [14, 9],
  [37, 37],
])('sines and cosines baked for %i × %i patches give those of any grid', (h, w) => {
  const [cos, sin] = (['cos', 'sin'] as const).map((of) => ({ of, ...table(of, h, w, periods) }));
  const candidates = [cos, sin].map(({ data, d }) => wavesOf(data, { h, w, d })!);
  for (const [i, { of, d }] of [cos, sin].entries()) {
    const waves = clearWaves(candidates[i], [candidates[1 - i]])!;
    for (const [rows, columns] of [
      [h, w],
      [3, 8],
      [20, 31],
    ]) {
      const prefix = new Float32Array(0);
      const filled = fillTable({ input: '', d, prefix, patches: { waves } }, rows, columns, 'bicubic');
      expectClose(filled, table(of, rows, columns, periods).data, 2e-5);
    }
  }
});

test('a column that the grid hides is refused where no table beside it tells', () => {
  // At four rows a cosine of one turn from edge to edge is zero everywhere, like a sine that stands still.
  const { data, d } = table('cos', 4, 4, periods);
  expect(clearWaves(wavesOf(data, { h: 4, w: 4, d })!, [])).toBeUndefined();
});

test('other tables are no waves', () => {
  const next = random(5);
  const noise = Float32Array.from({ length: 49 * 4 }, () => next() - 0.5);
  expect(wavesOf(noise, { h: 7, w: 7, d: 4 })).toBeUndefined();
  // Angles that count pixels from the corner depend on the grid in a way that the table does not show.
  const corner = Float32Array.from({ length: 49 }, (_, i) => Math.cos(0.3 * Math.floor(i / 7)));
  expect(wavesOf(corner, { h: 7, w: 7, d: 1 })).toBeUndefined();
});
