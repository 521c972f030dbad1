import { parseScribbles, type Scribbles } from '@saltworks/contract/documents/scribbles';
import { describe, expect, test } from 'vitest';
import { parseScribblePng } from '../../src/formats/scribble-png.ts';
import {
  cellWinners,
  oneHot,
  rasterise,
  sameSeeds,
  sampleSeeds,
  seedNodes,
  seedsInOrder,
} from '../../src/seeds/seeds.ts';
import { goldenBytes, goldenJson, goldenText, random } from '../golden.ts';

const golden = parseScribbles(goldenText('scribbles.json'));

/** Every pixel against every stroke: the definition of spec/scribbles.md. */
function bruteForce({ image, strokes }: Scribbles): number[] {
  const edge = (at: number, side: number) => (at > side - 1 && at <= side ? side - 1 : at);
  const inside = ([x, y]: [number, number]) => [edge(x, image.width), edge(y, image.height)];
  return Array.from({ length: image.width * image.height }, (_, i) => {
    const [x, y] = [i % image.width, Math.floor(i / image.width)];
    return strokes.reduce((owner, { points: drawn, radius }, index) => {
      const points = drawn.map(inside);
      const distance = Math.min(
        ...points.map(([bx, by], j) => {
          const [ax, ay] = points[Math.max(j - 1, 0)];
          const length2 = (bx - ax) ** 2 + (by - ay) ** 2;
          const t = length2 ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length2)) : 0;
          return Math.hypot(ax + t * (bx - ax) - x, ay + t * (by - ay) - y);
        }),
      );
      return distance <= Math.max(radius, Math.SQRT1_2) + 1e-12 ? index + 1 : owner;
    }, 0);
  });
}

describe('rasterise', () => {
  test('equals the golden raster, drawn by other code', () => {
    const { owner, segments } = rasterise(golden);
    const ids = Array.from(owner, (stroke) => (stroke ? segments[stroke - 1] || 255 : 0));
    const picture = parseScribblePng(goldenBytes('scribbles.png'), golden.image).raster;
    expect(ids).toEqual(Array.from(picture.owner, (stroke) => (stroke ? picture.segments[stroke - 1] : 0)));
  });
  test('equals the golden rasters of version 2: who owns a pixel, and which are exact', () => {
    const { owner, segments, exact } = rasterise(parseScribbles(goldenText('scribbles-2.json')));
    const idsOf = (name: string) => {
      const { raster } = parseScribblePng(goldenBytes(name), golden.image);
      return Array.from(raster.owner, (stroke) => (stroke ? raster.segments[stroke - 1] : 0));
    };
    const shown = (id: number) => (id === 0 ? 255 : id);
    expect(Array.from(owner, (stroke) => (stroke ? shown(segments[stroke - 1]) : 0))).toEqual(idsOf('scribbles-2.png'));
    const labels = new Array<number>(owner.length).fill(0);
    exact?.pixels.forEach((pixel, i) => {
      labels[pixel] = shown(exact.ids[i]);
    });
    expect(labels).toEqual(idsOf('scribbles-2-exact.png'));
  });
  test('equals the definition for random strokes, long and short, thick and thin', () => {
    const next = random(7);
    const image = { width: 53, height: 37 };
    for (let round = 0; round < 20; round++) {
      const strokes = Array.from({ length: 4 }, () => ({
        segment: Math.floor(next() * 3),
        radius: next() < 0.3 ? 0 : next() * 6,
        points: Array.from({ length: 1 + Math.floor(next() * 4) }, (): [number, number] => [next() * 53, next() * 37]),
      }));
      const scribbles = { image, segments: [], strokes };
      expect([...rasterise(scribbles).owner]).toEqual(bruteForce(scribbles));
    }
  });
  test('equals the definition where strokes cross the edge, and names strokes wholly outside', () => {
    const next = random(8);
    const image = { width: 23, height: 17 };
    let left = 0;
    for (let round = 0; round < 40; round++) {
      const strokes = Array.from({ length: 4 }, () => ({
        segment: Math.floor(next() * 3),
        radius: next() < 0.3 ? 0 : next() * 6,
        points: Array.from({ length: 1 + Math.floor(next() * 3) }, (): [number, number] => [
          next() * 69 - 23,
          next() * 63 - 23,
        ]),
      }));
      const { owner, outside } = rasterise({ image, segments: [], strokes });
      expect([...owner]).toEqual(bruteForce({ image, segments: [], strokes }));
      const alone = strokes.map((stroke) => bruteForce({ image, segments: [], strokes: [stroke] }));
      expect(outside).toEqual(alone.flatMap((drawn, i) => (drawn.some(Boolean) ? [] : [i + 1])));
      left += outside?.length ?? 0;
    }
    expect(left).toBeGreaterThan(10);
  });
  test('a click of no width still marks its pixel', () => {
    const click = (x: number, y: number) =>
      rasterise({
        image: { width: 4, height: 4 },
        segments: [],
        strokes: [{ segment: 0, radius: 0, points: [[x, y]] }],
      });
    expect(click(2, 1).owner.indexOf(1)).toBe(6);
    expect(click(4, 4).owner.indexOf(1)).toBe(15);
    expect(click(1.5, 1.5).owner.filter(Boolean)).toHaveLength(4);
  });
});

describe('seedNodes', () => {
  test('gives cells to the majority, and ties to the later stroke: equals the golden seeds', () => {
    const { h, w, labels } = goldenJson('seeds.json');
    const seeds = seedNodes(rasterise(golden), h, w);
    const ids = Array.from(seeds.nodes, (label) => (label < 0 ? null : seeds.labels[label] || 255));
    expect(ids).toEqual(labels);
  });
  test('labels are the ids that own a node, ascending; the others are named', () => {
    const owner = Uint8Array.from([1, 1, 1, 2, 0, 0, 0, 3]);
    const seeds = seedNodes({ width: 4, height: 2, owner, segments: [900, 5, 70000] }, 1, 2);
    expect(seeds.labels).toEqual([900, 70000]);
    expect(seeds.unseeded).toEqual([5]);
    expect([...seeds.nodes]).toEqual([0, 1]);
  });
  test('a seed belongs to the last stroke of its own label in its cell, and seeds are ordered by stroke, then node', () => {
    // Strokes 1 and 3 draw segment 7, 2 and 4 segment 5; cells have two pixels, the third has three.
    const owner = Uint8Array.from([4, 4, 2, 2, 3, 1, 2, 0, 1, 0, 0]);
    const seeds = seedNodes({ width: 11, height: 1, owner, segments: [7, 5, 7, 5] }, 1, 5);
    expect([...seeds.nodes]).toEqual([0, 0, 1, 1, -1]);
    expect([...seeds.strokes]).toEqual([4, 2, 3, 1, 0]);
    expect(seedsInOrder(seeds)).toEqual({
      nodes: Int32Array.from([3, 1, 2, 0]),
      labels: Int32Array.from([1, 0, 1, 0]),
    });
    const alike = seedsInOrder({ ...seeds, strokes: Int32Array.from([2, 2, 2, 2, 0]) });
    expect([...alike.nodes]).toEqual([0, 1, 2, 3]);
  });
  test.each([
    ['no strokes', [0, 0], []],
    ['only label 4', [1, 0], [4]],
    ['strokes label 1 × 1 nodes with 1 of 2 segments', [1, 1, 2, 0], [4, 5]],
  ])('refuses: %s', (message, owner, segments) => {
    expect(() => seedNodes({ width: owner.length, height: 1, owner: Uint8Array.from(owner), segments }, 1, 1)).toThrow(
      message,
    );
  });
  test('the background alone is enough, unless another drawn segment has no node', () => {
    const owner = Uint8Array.from([1, 0]);
    expect(seedNodes({ width: 2, height: 1, owner, segments: [0, 0] }, 1, 2)).toMatchObject({
      ...{ labels: [0], nodes: Int32Array.of(0, -1), unseeded: [] },
    });
    expect(() => seedNodes({ width: 2, height: 1, owner, segments: [0, 4] }, 1, 1)).toThrow('1 of 2 segments');
  });

  test('one label is enough where strokes label every pixel; whether it owns all nodes or a second one owns none', () => {
    const owner = Uint8Array.from([1, 1]);
    expect(seedNodes({ width: 2, height: 1, owner, segments: [4] }, 1, 2)).toMatchObject({
      ...{ labels: [4], nodes: Int32Array.of(0, 0), unseeded: [] },
    });
    const some = Uint8Array.from([1, 1, 2]);
    expect(seedNodes({ width: 3, height: 1, owner: some, segments: [4, 5] }, 1, 1)).toMatchObject({
      ...{ labels: [4], nodes: Int32Array.of(0), unseeded: [5] },
    });
    const partly = Uint8Array.from([1, 0]);
    expect(() => seedNodes({ width: 2, height: 1, owner: partly, segments: [4] }, 1, 2)).toThrow('only label 4');
  });
});

test('a sample of seeds is a lattice that thins by halves, keeps every label, and keeps few seeds as they are', () => {
  const [h, w] = [20, 30];
  const nodes = Int32Array.from({ length: h * w }, (_, i) => (i === 31 ? 2 : i % 2));
  const seeds = { h, w, labels: [0, 1, 2], nodes, strokes: new Int32Array(h * w).fill(1), unseeded: [] };
  const kept = (most: number) => {
    const { nodes: at, labels, share } = sampleSeeds(seeds, most);
    expect([...labels]).toEqual([...at].map((node) => nodes[node]));
    return { share, at: [...at].filter((node) => node !== 31), rare: at.includes(31) };
  };
  const where = (rule: (x: number, y: number) => boolean) =>
    [...nodes.keys()].filter((i) => i !== 31 && rule(i % w, Math.floor(i / w)));
  const one = { rare: true };
  expect(kept(600)).toEqual({ ...one, share: 1, at: where(() => true) });
  expect(kept(300)).toEqual({ ...one, share: 1 / 2, at: where((x, y) => (x + y) % 2 === 0) });
  // Label 1 lies on odd columns only, and this lattice has none: it keeps its first seed.
  expect(kept(299)).toEqual({
    ...one,
    share: 1 / 4,
    at: [0, 1, ...where((x, y) => x + y > 0 && x % 2 === 0 && y % 2 === 0)].sort((a, b) => a - b),
  });
});

test.each([1, 2, 3])('a cell goes to the label of most stroke pixels, then to the later stroke: seed %i', (seed) => {
  const next = random(seed);
  for (let round = 0; round < 20; round++) {
    const [width, height, h, w] = Array.from({ length: 4 }, () => 1 + Math.floor(30 * next()));
    const segments = Array.from({ length: 8 }, () => Math.floor(4 * next()));
    // Runs of strokes, as strokes are, and pixels without one.
    let stroke = 0;
    const owner = Uint16Array.from({ length: width * height }, () => {
      if (next() < 0.4) stroke = Math.floor(9 * next());
      return stroke;
    });
    const winners = new Int32Array(h * w).fill(-1);
    const strokes = new Int32Array(h * w);
    for (let node = 0; node < h * w; node++) {
      const pixels = [...owner.keys()].filter((i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        return node === Math.floor(((y + 0.5) * h) / height) * w + Math.floor(((x + 0.5) * w) / width) && owner[i] > 0;
      });
      const all = [...new Set(segments)].map((id) => {
        const own = pixels.map((i) => owner[i]).filter((number) => segments[number - 1] === id);
        return { id, pixels: own.length, last: Math.max(0, ...own) };
      });
      const [best] = all.sort((a, b) => b.pixels - a.pixels || b.last - a.last);
      if (best.pixels === 0) continue;
      winners[node] = best.id;
      strokes[node] = best.last;
    }
    expect(cellWinners({ width, height, owner, segments }, h, w)).toEqual({ winners, strokes });
  }
});

test('a sample leaves every stroke a seed, even a dot', () => {
  const [h, w] = [20, 30];
  const nodes = Int32Array.from({ length: h * w }, (_, i) => i % 2);
  const strokes = new Int32Array(h * w).fill(1);
  // Dots of one node and of two on odd columns and rows, which no lattice keeps.
  const dots = [31, 33, 34, 95];
  for (const [i, node] of dots.entries()) strokes[node] = [2, 3, 3, 4][i];
  const seeds = { h, w, labels: [0, 1], nodes, strokes, unseeded: [] };
  const { nodes: kept, share } = sampleSeeds(seeds, 100);
  expect(share).toBe(1 / 8);
  const heard = new Set([...kept].map((node) => strokes[node]));
  expect([...heard].sort()).toEqual([1, 2, 3, 4]);
  // In the order of drawing.
  expect([...kept].map((node) => strokes[node])).toEqual([...kept].map((node) => strokes[node]).sort((a, b) => a - b));
});

test('a sample of more strokes than it takes keeps the newest, and a seed of every label', () => {
  const [h, w] = [40, 40];
  const nodes = Int32Array.from({ length: h * w }, (_, i) => (i === 1 ? 2 : i % 2));
  // A stroke a node, and the first is of a label that no other has.
  const strokes = Int32Array.from(nodes, (_, i) => i + 1);
  const seeds = { h, w, labels: [0, 1, 2], nodes, strokes, unseeded: [] };
  const { nodes: kept } = sampleSeeds(seeds, 100);
  expect(kept).toHaveLength(100 + 100 + 1);
  expect([...kept.subarray(-100)]).toEqual(Array.from({ length: 100 }, (_, i) => h * w - 100 + i));
  expect(kept).toContain(1);
});

test('seeds are the same only if all is that a solve reads', () => {
  const seeds = (more = {}) => ({
    ...{ h: 1, w: 2, labels: [1, 5], nodes: Int32Array.of(0, 1), strokes: Int32Array.of(1, 2), unseeded: [] },
    ...more,
  });
  expect(sameSeeds(seeds(), seeds({ unseeded: [7], outside: [3] }))).toBe(true);
  const others = [
    ...[{ labels: [1, 6] }, { nodes: Int32Array.of(0, -1) }, { strokes: Int32Array.of(2, 1) }, { h: 2, w: 1 }],
    ...[{ soft: Float32Array.of(1, 0, 0, 1) }, { labels: [1, 5, 6] }],
  ];
  for (const more of others) expect(sameSeeds(seeds(), seeds(more))).toBe(false);
});

test('oneHot is one at a labelled node and zero elsewhere', () => {
  expect([...oneHot(Int32Array.from([1, -1, 0]), 2)]).toEqual([0, 1, 0, 0, 1, 0]);
});
