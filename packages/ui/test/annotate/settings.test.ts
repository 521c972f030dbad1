import { expect, test } from 'vitest';
import { plain } from '../../src/annotate/look.ts';
import { readSettings } from '../../src/annotate/settings.ts';

const usual = { brush: 0, opacity: 0.6, strokes: true, pixels: true, contours: true, only: false, look: plain };

test('stored settings hold if valid; defaults replace the rest', () => {
  expect(readSettings(null)).toEqual(usual);
  expect(readSettings('{"brush":0.02,"strokes":false,"gone":1}')).toEqual({ ...usual, brush: 0.02, strokes: false });
  for (const text of ['', 'null', '{', '[]', '3', '{"brush":"thick","opacity":null}']) {
    expect(readSettings(text)).toEqual(usual);
  }
  const look = { dark: 0.1, bright: 0.6, brightness: 2, contrast: 0.5 };
  expect(readSettings(JSON.stringify({ look }))).toEqual({ ...usual, look });
  expect(readSettings(JSON.stringify({ look: { ...look, brightness: 99 } }))).toEqual(usual);
  expect(readSettings('{"brush":7,"opacity":-1}')).toEqual({ ...usual, brush: 1 });
});

test('hidden labels show again after a reload', () => {
  expect(readSettings('{"opacity":0}').opacity).toBe(0.6);
});
