import type { Seeds } from '@saltworks/core/seeds/seeds';
import { expect, test } from 'vitest';
import { movedSeeds } from '../../src/protocols/moved-seeds.ts';

/** Two labels, a column of seeds each, on a grid wide enough that nothing reaches its border. */
const [h, w] = [200, 200];
const nodes = new Int32Array(h * w).fill(-1);
for (let y = 60; y < 140; y++) {
  nodes[y * w + 70] = 0;
  nodes[y * w + 130] = 1;
}
const seeds: Seeds = { h, w, labels: [0, 4], nodes, strokes: nodes.map((label) => label + 1), unseeded: [] };
const stayed = (moved: Seeds) =>
  [...nodes.keys()].filter((node) => nodes[node] >= 0 && moved.nodes[node] === nodes[node]);
const count = (of: Seeds) => of.nodes.filter((label) => label >= 0).length;

test('about the share p of seeds moves, and hardly one is lost', () => {
  for (const p of [0.1, 0.3, 0.5]) {
    const moved = movedSeeds(seeds, p, 'a');
    expect(1 - stayed(moved).length / 160).toBeCloseTo(p, 0.9);
    expect(count(moved)).toBeGreaterThan(150);
  }
  expect(movedSeeds(seeds, 0, 'a')).toEqual(seeds);
});

test('they move by σ = 4 patches, 8 nodes, along each axis, and keep label and stroke', () => {
  const moves: number[] = [];
  for (let run = 0; run < 40; run++) {
    const moved = movedSeeds(seeds, 0.5, `run ${run}`);
    moved.nodes.forEach((label, node) => {
      if (label < 0) return;
      expect(moved.strokes[node]).toBe(label + 1);
      if (nodes[node] < 0) moves.push((node % w) - (label === 0 ? 70 : 130));
    });
  }
  const mean = moves.reduce((sum, move) => sum + move, 0) / moves.length;
  const deviation = Math.sqrt(moves.reduce((sum, move) => sum + (move - mean) ** 2, 0) / moves.length);
  expect(Math.abs(mean)).toBeLessThan(1);
  // Those that landed in the other column or their own are not among them.
  expect(deviation).toBeGreaterThan(7.5);
  expect(deviation).toBeLessThan(8.7);
});

test('one seed a label stays, even at p = 1', () => {
  const found = stayed(movedSeeds(seeds, 1, 'a')).map((node) => nodes[node]);
  expect(found).toContain(0);
  expect(found).toContain(1);
});

test('seeds beyond the border stop at it', () => {
  const corner: Seeds = { ...seeds, h: 2, w: 2, nodes: Int32Array.of(0, 0, 0, 1), strokes: Int32Array.of(1, 1, 1, 2) };
  const moved = movedSeeds(corner, 1, 'a');
  expect([...moved.nodes].every((label) => label >= -1 && label < 2)).toBe(true);
  expect(moved.nodes.length).toBe(4);
});

test('a larger p moves what a smaller one moves', () => {
  const [few, many] = [stayed(movedSeeds(seeds, 0.2, 'a')), stayed(movedSeeds(seeds, 0.4, 'a'))];
  expect(many.filter((node) => !few.includes(node)).length).toBeLessThan(4);
});
