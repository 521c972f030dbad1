import { predictedQuality } from '@saltworks/core/help/quality';
import { expect, test } from 'vitest';
import { qualityText } from '../../src/annotate/quality.ts';

test('the page tells the prediction, and whether reviewers accept as much', () => {
  const percent = Math.round(100 * predictedQuality(0.8));
  expect(qualityText(0.8, null)).toBe(`About ${percent} % right.`);
  expect(qualityText(0.8, { masks: 9, uncertainty: 0.1 })).toBe(`About ${percent} % right.`);
  expect(qualityText(0.8, { masks: 9, uncertainty: 0.25 })).toBe(
    `About ${percent} % right: as good as your reviewers accept.`,
  );
});
