import { readFileSync } from 'node:fs';
import type { Interpolation } from '@saltworks/contract/kinds';
import { expect, test } from 'vitest';
import { interpolate } from '../../src/sizes/interpolate.ts';
import { expectClose } from '../run.ts';

interface Case {
  mode: Interpolation;
  from: [number, number];
  to: [number, number];
  values: number[];
}

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL('../golden/interpolate.json', import.meta.url), 'utf8'),
);
const D = 3;
const gridOf = (h: number, w: number) => ({
  ...{ h, w, d: D },
  data: Float32Array.from({ length: h * w * D }, (_, i) => (Math.imul(i, 2654435761) >>> 8) / 2 ** 22 - 2),
});

test.each(['bicubic', 'bicubic-scale', 'bicubic-antialias', 'bilinear'] as const)(
  '%s is PyTorch’s, smaller and larger, square or not',
  (mode) => {
    const own = cases.filter((each) => each.mode === mode);
    expect(own.length).toBeGreaterThan(20);
    for (const { from, to, values } of own) {
      const same = from.join() === to.join();
      // At its own size a table stays as it is, whatever the mode.
      if (same && mode === 'bicubic-scale') continue;
      const { data, h, w } = interpolate(gridOf(...from), ...to, mode);
      expect([h, w, data.length]).toEqual([...to, to[0] * to[1] * D]);
      const step = Math.max(1, Math.floor(data.length / 24));
      const picked = Array.from({ length: values.length }, (_, i) => data[i * step]);
      expectClose(picked, values, 2e-6);
    }
  },
);

test('a grid of its own size comes back unchanged, in every mode', () => {
  const grid = gridOf(6, 8);
  for (const mode of ['bicubic', 'bicubic-scale', 'bicubic-antialias', 'bilinear'] as const)
    expect(interpolate(grid, 6, 8, mode).data).toBe(grid.data);
});
