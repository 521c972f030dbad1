import { describe, expect, test } from 'vitest';
import { filterOf, plain, windowOf } from '../../src/annotate/look.ts';

/** What a canvas makes of a level, 0 … 1. */
function shown(filter: string, level: number): number {
  const within = (value: number) => Math.min(1, Math.max(0, value));
  return [...filter.matchAll(/(brightness|contrast)\(([\d.e-]+)\)/g)].reduce((value, [, name, by]) => {
    const factor = Number(by);
    return within(name === 'brightness' ? value * factor : (value - 0.5) * factor + 0.5);
  }, level);
}

describe('the filter of a look', () => {
  test('changes nothing where nothing is asked for', () => {
    expect(filterOf(plain)).toBe('none');
  });

  test.each([
    [0.1, 0.4],
    [0, 0.05],
    [0.5, 1],
    [0.9, 0.91],
  ])('spreads the levels from %d to %d over all', (dark, bright) => {
    const filter = filterOf({ ...plain, dark, bright });
    for (const share of [0, 0.25, 0.5, 1]) expect(shown(filter, dark + share * (bright - dark))).toBeCloseTo(share, 6);
    expect(shown(filter, dark / 2)).toBeCloseTo(0, 6);
    expect(shown(filter, (1 + bright) / 2)).toBeCloseTo(1, 6);
  });

  test('then makes the picture brighter, and its contrast stronger', () => {
    const filter = filterOf({ ...plain, bright: 0.5, brightness: 2, contrast: 0.5 });
    expect(shown(filter, 0.1)).toBeCloseTo((0.1 * 2 * 2 - 0.5) * 0.5 + 0.5, 6);
  });
});

/** Grey pixels. */
const grey = (levels: number[]) => Uint8ClampedArray.from(levels.flatMap((level) => [level, level, level, 255]));

describe('the window that suits a picture', () => {
  test('holds nearly all of its levels: a hot pixel does not count', () => {
    const levels = Array.from({ length: 1000 }, (_, i) => 10 + (i % 21));
    expect(windowOf(grey(levels))).toEqual({ dark: 10 / 255, bright: 30 / 255 });
    expect(windowOf(grey([...levels, 0, 255, 255]))).toEqual({ dark: 10 / 255, bright: 30 / 255 });
  });

  test('is the whole scale where there is one level only', () => {
    expect(windowOf(grey([7, 7, 7]))).toEqual({ dark: 0, bright: 1 });
  });
});
