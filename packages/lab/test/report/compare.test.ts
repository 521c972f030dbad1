import { checkDocument } from '@saltworks/contract/documents/document';
import { evaluationComparison } from '@saltworks/contract/documents/evaluation-comparisons';
import { InvalidInputError } from '@saltworks/contract/errors';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { compareRuns, type Run } from '../../src/report/compare.ts';
import { comparisonPage } from '../../src/report/comparison-page.ts';
import { hostile, plan, rows } from './run.ts';

const before: Run = { name: 'A', plan, rows };
/** The same run with every IoU of strokes higher by a sixteenth, but for image b, where it is lower by two. */
const after: Run = {
  name: 'B',
  plan: { ...plan, preset: 'paper' },
  rows: rows.map((row) => {
    const step = row.protocol !== 'strokes' ? 0 : row.image === 'b' ? -2 / 16 : 1 / 16;
    return {
      ...row,
      variant: row.protocol === 'noise' ? row.variant : row.variant.replace(/^best/, 'paper'),
      segments: row.segments.map((segment) => ({ ...segment, iou: segment.iou + step })),
    };
  }),
};

describe('two runs', () => {
  const found = compareRuns(before, after);
  const strokes = found.differences.filter(({ protocol, measure }) => protocol === 'strokes' && measure === 'miou');

  test("differ by the mean of their images' differences, within an interval from the least to the most", () => {
    const [coco] = strokes;
    expect(coco).toMatchObject({ source: 'coco', before: 'best', after: 'paper', images: 2, better: 1, worse: 1 });
    expect(coco.difference).toEqual({ mean: -1 / 32, low: -2 / 16, high: 1 / 16 });
  });

  test('that differ alike everywhere differ by that much for certain', () => {
    const icg = strokes.find(({ source }) => source === 'icg')!;
    expect(icg.difference).toEqual({ mean: 1 / 16, low: 1 / 16, high: 1 / 16 });
    expect([icg.better, icg.worse]).toEqual([2, 0]);
  });

  test('of the same results do not differ', () => {
    const { differences, images } = compareRuns(before, before);
    expect(differences.filter(({ difference: { mean, low, high } }) => mean || low || high)).toEqual([]);
    expect(images.filter(({ before, after }) => before !== after)).toEqual([]);
  });

  test('list the most changed image first', () => {
    expect(found.images[0]).toEqual({
      protocol: 'strokes',
      image: 'b',
      source: 'coco',
      before: 10 / 16,
      after: 8 / 16,
    });
  });

  test('fewer corrections are better', () => {
    const fewer = rows.map((row) => ({
      ...row,
      ...(row.corrections && { corrections: { ...row.corrections, per_segment: row.corrections.per_segment - 0.5 } }),
    }));
    const { differences } = compareRuns(before, { name: 'C', plan, rows: fewer });
    const nci = differences.filter(({ measure }) => measure === 'nci');
    expect(nci.map(({ difference, better, worse }) => [difference.mean, better, worse])).toEqual([
      // GrabCut has one image of each source.
      ...[2, 2, 1, 2, 2, 1].map((better) => [-0.5, better, 0]),
    ]);
  });

  test('make a document, and a page whose table says the same', () => {
    expect(checkDocument('comparison.json', JSON.parse(JSON.stringify(found)), evaluationComparison)).toEqual(found);
    const text = comparisonPage(found);
    expect(comparisonPage(found)).toBe(text);
    const { document } = parseHTML(text);
    const row = document.querySelector('#strokes tbody tr')!;
    expect([...row.querySelectorAll('th, td')].map((cell) => cell.textContent)).toEqual([
      ...['coco', 'best → paper', 'mIoU', '2', '0.594', '0.563', '−0.031 −0.125 to +0.063', '1', '1'],
    ]);
    expect(document.querySelectorAll('script, [style], img').length).toBe(0);
    expect(text).not.toContain(hostile);
  });
});

describe('runs are refused', () => {
  const other = (changes: Partial<Run['plan']>): Run => ({ name: 'B', plan: { ...plan, ...changes }, rows });

  test.each<[string, Partial<Run['plan']>, string]>([
    ['of fewer images', { images: plan.images.slice(1) }, 'A has 4 images, B 3, and "coco/a" is in the first alone'],
    [
      'of other pictures of the same names',
      { images: plan.images.map((image) => ({ ...image, sha256: 'f'.repeat(64) })) },
      '"coco/a" is another picture in A than in B',
    ],
    ['of other protocols', { protocols: ['strokes'] }, 'B strokes; expected runs of the same protocols'],
    ['of another budget', { budget: 20 }, 'A has budget 10, B 20; expected the same one'],
  ])('%s', (_, changes, message) => {
    expect(() => compareRuns(before, other(changes))).toThrow(InvalidInputError);
    expect(() => compareRuns(before, other(changes))).toThrow(message);
  });
});
