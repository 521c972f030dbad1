import { describe, expect, test } from 'vitest';
import { doubtPixels, labelPixels, likenessPixels } from '../../../src/annotate/board/pictures.ts';

const pixels = ({ buffer }: Uint32Array<ArrayBuffer>) => {
  const bytes = [...new Uint8Array(buffer)];
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.slice(4 * i, 4 * i + 4));
};

describe('labels', () => {
  const ids = Uint32Array.of(0, 7, 7, 9, 7, 7);
  const labels = { width: 3, height: 2, ids };
  const colours = new Map([[7, [10, 20, 30] as [number, number, number]]]);

  test('take their segments’ colours, grey without one; the background is transparent', () => {
    const seven = [10, 20, 30, 170];
    expect(pixels(labelPixels(labels, { colours, contours: false }))).toEqual([
      [0, 0, 0, 0],
      seven,
      seven,
      [128, 128, 128, 170],
      seven,
      seven,
    ]);
  });

  test('what has none is striped where it is marked', () => {
    const marked = pixels(
      labelPixels({ ...labels, ids: Uint32Array.of(0, 0, 7, 0, 7, 7) }, { colours, contours: false, unlabelled: true }),
    );
    const [yellow, black] = [
      [255, 225, 60, 255],
      [20, 20, 20, 255],
    ];
    const seven = [10, 20, 30, 170];
    expect(marked).toEqual([black, yellow, seven, yellow, seven, seven]);
  });

  test('those that wait are hatched, others are not', () => {
    const hatched = pixels(
      labelPixels(
        { ids: Uint32Array.of(7, 7, 7, 8, 8, 8), width: 3, height: 2 },
        { colours, contours: false, waiting: new Set([7]) },
      ),
    );
    const [full, pale] = [170, 50].map((alpha) => [10, 20, 30, alpha]);
    expect(hatched.slice(0, 3)).toEqual([pale, full, pale]);
    expect(new Set(hatched.slice(3).map(([, , , alpha]) => alpha))).toEqual(new Set([170]));
  });

  test('have white edges where the neighbour to the right or below differs', () => {
    const white = [255, 255, 255, 255];
    const seven = [10, 20, 30, 170];
    expect(pixels(labelPixels(labels, { colours, contours: true }))).toEqual([
      white,
      seven,
      seven,
      white,
      seven,
      seven,
    ]);
  });
});

test('doubt is bright where margins are small', () => {
  expect(pixels(doubtPixels(Float32Array.of(0, 1, 2)))).toEqual([
    [255, 220, 0, 230],
    [255, 0, 0, 0],
    [255, 0, 0, 0],
  ]);
});

test('the likeness ramp grows lighter all the way', () => {
  const values = Float32Array.from({ length: 21 }, (_, i) => i / 20);
  const light = pixels(likenessPixels(values)).map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
  for (let i = 1; i < light.length; i++) expect(light[i]).toBeGreaterThan(light[i - 1]);
});
