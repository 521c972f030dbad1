import type { Seeds } from '@saltworks/core/seeds/seeds';
import { expect, test } from 'vitest';
import { wrongSeeds } from '../../src/protocols/wrong-seeds.ts';

/** Three labels in columns of an h × w grid, of which every node is a seed. */
function columns(h: number, w: number): Seeds {
  const nodes = Int32Array.from({ length: h * w }, (_, i) => Math.floor((3 * (i % w)) / w));
  return { h, w, labels: [0, 4, 5], nodes, strokes: nodes.map((label) => label + 1), unseeded: [] };
}
const seeds = columns(40, 60);
const wrongOf = ({ nodes }: Seeds) => [...nodes.keys()].filter((node) => nodes[node] !== seeds.nodes[node]);

test('about the share p of seeds is wrong, and none is lost', () => {
  for (const p of [0, 0.1, 0.3, 0.5]) {
    const noisy = wrongSeeds(seeds, p, 'a');
    expect(wrongOf(noisy).length / 2400).toBeCloseTo(p, 1);
    expect(noisy.nodes.every((label) => label >= 0)).toBe(true);
  }
  expect(wrongSeeds(seeds, 0, 'a').nodes).toEqual(seeds.nodes);
});

test('wrong labels come from near by: of two other labels, mostly that of the nearer', () => {
  const noisy = wrongSeeds(seeds, 0.5, 'a');
  const wrong = wrongOf(noisy).filter((node) => seeds.nodes[node] === 0);
  expect(wrong.filter((node) => noisy.nodes[node] === 1).length).toBeGreaterThan(0.99 * wrong.length);
});

test('a wrong label is drawn by exp(−d²/2σ²), σ = 4 patches', () => {
  // Seed 0 between one seed of label 1 at 3 patches and one of label 2 at 6: their odds are exp((36 − 9) / 32).
  const row: Seeds = {
    ...{ h: 1, w: 19, labels: [0, 1, 2], strokes: new Int32Array(19), unseeded: [] },
    nodes: Int32Array.from({ length: 19 }, (_, i) => ({ 0: 1, 6: 0, 7: 0, 18: 2 })[i] ?? -1),
  };
  let [near, far] = [0, 0];
  for (let run = 0; run < 4000; run++) {
    const label = wrongSeeds(row, 1, `run ${run}`).nodes[6];
    if (label === 1) near++;
    else if (label === 2) far++;
  }
  // One of seeds 6 and 7 stays right.
  expect((near + far) / 4000).toBeCloseTo(0.5, 1);
  expect(near / (near + far)).toBeCloseTo(1 / (1 + Math.exp(-27 / 32)), 1);
});

test('one seed a label stays right, even at p = 1', () => {
  const noisy = wrongSeeds(seeds, 1, 'a');
  const right = [...noisy.nodes.keys()].filter((node) => noisy.nodes[node] === seeds.nodes[node]);
  expect(right.map((node) => seeds.nodes[node]).sort()).toEqual([0, 1, 2]);
});

test('a larger p keeps what a smaller one made wrong', () => {
  const [few, many] = [wrongSeeds(seeds, 0.2, 'a'), wrongSeeds(seeds, 0.4, 'a')];
  for (const node of wrongOf(few)) expect(many.nodes[node]).toBe(few.nodes[node]);
});
