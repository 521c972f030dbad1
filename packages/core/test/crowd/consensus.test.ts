import type { Segment } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import { agreement } from '../../src/crowd/agreement.ts';
import { commonSegments } from '../../src/crowd/common-segments.ts';
import { type Annotation, consensus } from '../../src/crowd/consensus.ts';
import type { Mask } from '../../src/mask/mask.ts';
import { presets } from '../../src/options.ts';
import { rasterise } from '../../src/seeds/seeds.ts';
import { segment } from '../../src/segment.ts';
import { openPlain } from '../../src/solver.ts';
import { expectClose } from '../golden.ts';

const mask = (...rows: string[]): Mask => ({
  ids: Uint32Array.from(rows.join(''), Number),
  width: rows[0].length,
  height: rows.length,
});
const thing = (id: number, category = 'cat'): Segment => ({ id, category, isthing: true });
const stuff = (id: number, category: string): Segment => ({ id, category, isthing: false });

describe('common segments', () => {
  test('are matched by overlap, whatever their ids', () => {
    const found = commonSegments([
      { annotator: 'ada', segments: [thing(1), thing(2)], mask: mask('110022') },
      { annotator: 'bob', segments: [thing(1), thing(9)], mask: mask('990111') },
    ]);
    expect(found).toEqual([
      {
        ...thing(1),
        from: [
          { annotator: 'ada', segment: 1 },
          { annotator: 'bob', segment: 9 },
        ],
      },
      {
        ...thing(2),
        from: [
          { annotator: 'ada', segment: 2 },
          { annotator: 'bob', segment: 1 },
        ],
      },
    ]);
  });

  test('are of one category and kind', () => {
    const found = commonSegments([
      { annotator: 'ada', segments: [thing(1, 'cat')], mask: mask('1100') },
      { annotator: 'bob', segments: [thing(1, 'dog')], mask: mask('1100') },
      { annotator: 'eve', segments: [stuff(1, 'cat')], mask: mask('1100') },
    ]);
    expect(found.map(({ id, from }) => [id, from.length])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });

  test('things that hardly overlap are two segments, stuff is always one', () => {
    const answers = (of: (id: number) => Segment) => [
      { annotator: 'ada', segments: [of(1)], mask: mask('111100000') },
      { annotator: 'bob', segments: [of(1)], mask: mask('000111110') },
    ];
    expect(commonSegments(answers((id) => thing(id))).length).toBe(2);
    expect(commonSegments(answers((id) => stuff(id, 'sky'))).length).toBe(1);
  });

  test('a third annotator’s segment joins a common segment by mean IoU', () => {
    const found = commonSegments(
      ['1100', '1110', '0111'].map((row, i) => ({ annotator: `${i}`, segments: [thing(1)], mask: mask(row) })),
    );
    // IoU with the first is 1/4, with the second 2/4: 3/8 on average.
    expect(found.map(({ from }) => from.length)).toEqual([3]);
  });
});

// An image of two halves, keys and colours alike: left, right, and a square in the middle of the right.
const [h, w, p] = [10, 12, 6];
const [width, height] = [w * p, h * p];
const region = (x: number, y: number) => (x < 0.5 ? 0 : x > 0.65 && x < 0.85 && y > 0.3 && y < 0.7 ? 2 : 1);
const keys = {
  data: Float32Array.from({ length: h * w * 4 }, (_, i) => {
    const node = Math.floor(i / 4);
    const at = region(((node % w) + 0.5) / w, (Math.floor(node / w) + 0.5) / h);
    return (i % 4 === at ? 1 : 0) + 0.05 * Math.sin(i);
  }),
  h,
  w,
  d: 4,
};
const image = {
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return 40 + 80 * region(((pixel % width) + 0.5) / width, (Math.floor(pixel / width) + 0.5) / height) + (i % 3);
  }),
  width,
  height,
};
type Point = [number, number];
const left: Point[] = [
  [10, 10],
  [10, 50],
];
const right: Point[] = [
  [50, 8],
  [66, 8],
];
const square: Point[] = [
  [50, 30],
  [58, 30],
];

function annotation(
  annotator: string,
  weight: number,
  segments: Segment[],
  strokes: [segment: number, points: Point[]][],
): Annotation {
  const scribbles = {
    image: { width, height },
    segments,
    strokes: strokes.map(([segment, points]) => ({ segment, points, radius: 2 })),
  };
  const raster = rasterise(scribbles);
  return { annotator, segments, raster, mask: segment(image, keys, raster, presets.best).mask, weight };
}

const ada = annotation(
  'ada',
  1,
  [thing(1), thing(2, 'dog')],
  [
    [1, left],
    [2, square],
    [0, right],
  ],
);
const bob = annotation(
  'bob',
  0.6,
  [thing(5, 'dog'), thing(3)],
  [
    [3, left.map(([x, y]) => [x + 8, y])],
    [5, square],
    [0, right],
  ],
);
/** Calls the left half a dog and the square background. */
const eve = annotation(
  'eve',
  0.5,
  [thing(1, 'dog')],
  [
    [1, left],
    [0, square],
    [0, right],
  ],
);

describe.each([
  ['best', presets.best],
  ['paper, without its CRF', { ...presets.paper, refine: 'none' as const }],
])('consensus: %s', (_, options) => {
  const of = (...annotations: Annotation[]) => consensus(image, keys, annotations, options);

  test('of one annotator is that annotator’s answer, whatever the weight', () => {
    const alone = of({ ...bob, weight: 0.3 });
    const own = segment(image, keys, bob.raster, options);
    expectClose(alone.nodes.data, reordered(own.nodes.data, [0, 2, 1]), 1e-6);
    expect(agreement({ mask: alone.mask }, { mask: own.mask }).pixels).toBe(1);
    expect(alone.segments.map(({ id, from }) => [id, from[0].segment])).toEqual([
      [1, 5],
      [2, 3],
    ]);
  });

  test('of two annotators who agree is their answer under common ids', () => {
    const found = of(ada, bob);
    expect(found.segments.map(({ category, from }) => [category, from.map(({ segment }) => segment)])).toEqual([
      ['cat', [1, 3]],
      ['dog', [2, 5]],
    ]);
    expect(found.nodes.labels).toEqual([0, 1, 2]);
    expect(agreement({ mask: found.mask }, ada).miou).toBeGreaterThan(0.85);
  });

  test('an annotation of weight 0 counts as absent', () => {
    expect(of(ada, { ...eve, weight: 0 }, bob)).toEqual(of(ada, bob));
  });

  test('the order of annotations does not matter', () => {
    const found = of(ada, bob, eve);
    expect(of(eve, ada, bob)).toEqual(found);
    expect(of(bob, eve, ada)).toEqual(found);
  });

  test('only ratios of weights matter', () => {
    const halved = [ada, bob, eve].map((annotation) => ({ ...annotation, weight: annotation.weight / 2 }));
    expect(of(...halved)).toEqual(of(ada, bob, eve));
  });

  test('an annotator who disagrees is outvoted, and dissent shows where', () => {
    const found = of(ada, bob, eve);
    expect(agreement({ mask: found.mask }, ada).miou).toBeGreaterThan(0.85);
    const { w } = found.nodes;
    const at = ([x, y]: Point) => Math.floor(y / (p / 2)) * w + Math.floor(x / (p / 2));
    // Of a weight of 2.1, Eve's 0.5 dissents on the left and in the square; nobody dissents on the right.
    expect(found.dissent[at([10, 30])]).toBeCloseTo(0.5 / 2.1, 6);
    expect(found.dissent[at([54, 30])]).toBeCloseTo(0.5 / 2.1, 6);
    expect(found.dissent[at([60, 8])]).toBe(0);
    expect(found.margin[at([10, 30])]).toBeLessThan(of(ada, bob).margin[at([10, 30])]);
  });

  test('opposite strokes of equal weight on the same nodes have an answer', () => {
    const against = annotation(
      'zoe',
      1,
      [thing(1), thing(2, 'dog')],
      [
        [2, left],
        [1, square],
        [0, right],
      ],
    );
    const found = of(ada, against);
    for (const values of [found.nodes.data, found.margin, found.dissent]) {
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });

  test('the plain twin gives the same answer', () => {
    const plain = consensus(image, keys, [ada, bob, eve], options, { open: openPlain });
    expectClose(of(ada, bob, eve).nodes.data, plain.nodes.data, 1e-3);
  });
});

describe('pixels under strokes in a consensus', () => {
  const under = (raster: Annotation['raster']) => [...raster.owner.keys()].filter((i) => raster.owner[i]);
  const byBob = under(bob.raster);

  test('go to the label whose strokes weigh most', () => {
    const { mask } = consensus(image, keys, [ada, bob, eve], presets.best);
    // For Ada and Bob the square is common segment 2, for Eve it is background.
    for (const pixel of under(ada.raster)) {
      const own = ada.raster.segments[ada.raster.owner[pixel] - 1];
      expect(mask.ids[pixel]).toBe(own);
    }
  });

  test('go to the only annotator who drew there, whatever the weight', () => {
    const { mask } = consensus(image, keys, [ada, { ...bob, weight: 0.01 }], presets.best);
    const alone = byBob.filter((pixel) => !ada.raster.owner[pixel]);
    expect(alone.length).toBeGreaterThan(10);
    for (const pixel of alone) expect(mask.ids[pixel]).toBe(1);
  });

  test('are free where noise is tolerated', () => {
    const stray = annotation(
      'mia',
      1,
      [thing(1)],
      [
        [1, left],
        [1, [[58, 20]]],
        [
          0,
          [
            [45, 8],
            [70, 8],
            [70, 55],
            [45, 55],
            [45, 20],
          ],
        ],
      ],
    );
    const [tolerant, holding] = (['tolerate', 'hold'] as const).map(
      (strokes) => consensus(image, keys, [stray], { ...presets.best, strokes }).mask.ids,
    );
    const dot = 20 * width + 58;
    expect(holding[dot]).toBe(1);
    expect(tolerant).not.toEqual(holding);
  });
});

test('annotations that do not fit, weigh nothing or repeat an annotator are refused', () => {
  const refused = (annotations: Annotation[], message: RegExp) => {
    const run = () => consensus(image, keys, annotations, presets.best);
    expect(run).toThrow(InvalidInputError);
    expect(run).toThrow(message);
  };
  refused([], /0 annotations/);
  refused([{ ...ada, weight: 0 }], /count 0/);
  refused([{ ...ada, weight: Number.NaN }], /weight NaN of ada/);
  refused([ada, { ...bob, annotator: 'ada' }], /two annotations of ada/);
  refused([ada, { ...bob, mask: mask('12') }], /a mask of bob for 2 × 1 pixels/);
  refused([ada, { ...bob, segments: [thing(5, 'dog')] }], /bob hold segment 3/);
});

/** Columns of rows `[n, c]` in another order. */
const reordered = (rows: Float32Array, columns: number[]): Float32Array =>
  rows.map((_, i) => rows[i - (i % columns.length) + columns[i % columns.length]]);
