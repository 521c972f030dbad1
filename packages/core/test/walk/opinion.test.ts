import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/arena/arena.ts';
import { WalkSolver } from '../../src/walk/fast/walk.ts';
import { agreement, hear, leastLog, type Opinion } from '../../src/walk/opinion.ts';
import { prepareWalk, walk } from '../../src/walk/walk.ts';
import { expectClose, random } from '../golden.ts';
import { makeScene } from '../scene.ts';

const own = { sharpness: 12, prior: 0.03 };
const [h, w, d, c] = [9, 11, 21, 3];
const scene = makeScene(h, w, d, c);
const seeds = scene.seeds(2);
const n = seeds.nodes.length;

/** Category k is that of label k. @param share of category k at node i */
const says = (share: (k: number, i: number) => number, categories = c): Opinion => ({
  logs: Array.from({ length: categories }, (_, k) => Float32Array.from({ length: n }, (_, i) => Math.log(share(k, i)))),
  categoryOf: (segment) => {
    const label = seeds.labels.indexOf(segment);
    return label < categories ? label : undefined;
  },
  trust: 1,
});

/** Right at every seed, and of no opinion elsewhere. */
const right = says((k, i) => (seeds.nodes[i] < 0 ? 1 / c : seeds.nodes[i] === k ? 1 : Math.exp(leastLog)));

describe('an opinion', () => {
  test('that names labels by chance changes no bit', () => {
    const blind = says(() => 1 / c);
    expect(hear(blind, seeds, own)).toMatchObject({ ...own, trust: 0 });
    const graph = prepareWalk(scene.keys, scene.image, { upsample: 'linear' });
    expect(walk(graph, seeds, { opinion: blind }).data).toEqual(walk(graph, seeds).data);
  });

  test('that is wrong at the seeds changes no bit', () => {
    const wrong = says((k, i) => (seeds.nodes[i] === (k + 1) % c ? 1 : 0.02));
    expect(hear(wrong, seeds, own)).toMatchObject({ ...own, trust: 0 });
  });

  test('that is right at the seeds is trusted by the root of its share above chance', () => {
    const share = 1 / (1 + (c - 1) * Math.exp(leastLog));
    expect(hear(right, seeds, own).trust).toBeCloseTo(Math.sqrt((share - 1 / c) / (1 - 1 / c)), 6);
  });

  test('is trusted no more than it may be, and without trust changes no bit', () => {
    const { trust, sharpness } = hear(right, seeds, own);
    expect(hear({ ...right, trust: 0.5 }, seeds, own).trust).toBeCloseTo(trust / 2, 6);
    expect(hear({ ...right, trust: 0 }, seeds, own)).toMatchObject({ ...own, trust: 0 });
    expect(sharpness).not.toBe(own.sharpness);
    expect(agreement(right, seeds)).toBeCloseTo(trust ** 2, 6);
  });

  test('counts every label alike, however many seeds it has', () => {
    const [first] = seeds.labels.keys();
    const one = says((k, i) => (seeds.nodes[i] === first && k === first ? 1 : 1 / c));
    const found = (1 / (1 + (c - 1) / c) + (c - 1) / c) / c;
    expect(hear(one, seeds, own).trust).toBeCloseTo(Math.sqrt((found - 1 / c) / (1 - 1 / c)), 6);
  });

  test('of all labels but one says nothing of that one: it gets the mean of the others', () => {
    const next = random(3);
    const shares = Array.from({ length: 2 }, () => Float32Array.from({ length: n }, () => 0.1 + 0.8 * next()));
    const some = says((k, i) => shares[k][i], 2);
    some.logs.forEach((plane, k) => {
      seeds.nodes.forEach((label, i) => {
        if (label === k) plane[i] = 0;
      });
    });
    const { scores, trust } = hear(some, seeds, own);
    expect(trust).toBeGreaterThan(0);
    for (let i = 0; i < n; i++) expect(scores[2 * n + i]).toBeCloseTo((scores[i] + scores[n + i]) / 2, 5);
  });

  test('raises the share of its label where no stroke is', () => {
    const favoured = says((k, i) => (seeds.nodes[i] < 0 ? (k === 1 ? 0.9 : 0.05) : seeds.nodes[i] === k ? 1 : 0.02));
    const graph = prepareWalk(scene.keys, scene.image, { upsample: 'linear' });
    const sum = (data: Float32Array) => data.reduce((total, share, o) => total + (o % c === 1 ? share : 0), 0);
    expect(sum(walk(graph, seeds, { opinion: favoured }).data)).toBeGreaterThan(sum(walk(graph, seeds).data));
  });

  test.each(['linear', 'none'] as const)('is heard alike by the kernels: %s', (upsample) => {
    const drawn = scene.seeds(upsample === 'linear' ? 2 : 1);
    const next = random(9);
    const opinion: Opinion = {
      logs: drawn.labels.map((_, k) =>
        Float32Array.from(drawn.nodes, (label) => Math.log(0.02 + next() + (label === k ? 1 : 0))),
      ),
      categoryOf: (segment) => drawn.labels.indexOf(segment),
      trust: 0.8,
    };
    const found = new WalkSolver(new Arena(), scene.keys, scene.image, { upsample }).solve(drawn, { opinion });
    const expected = walk(prepareWalk(scene.keys, scene.image, { upsample }), drawn, { opinion });
    expectClose(found.data, expected.data, 1e-4);
  });
});
