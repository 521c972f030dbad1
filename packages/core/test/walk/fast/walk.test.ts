import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import { argmax } from '../../../src/nodes/scores.ts';
import { WalkSolver } from '../../../src/walk/fast/walk.ts';
import { prepareWalk, walk, walkLeftOut } from '../../../src/walk/walk.ts';
import { agreement, expectClose, random } from '../../golden.ts';
import { makeScene } from '../../scene.ts';

describe.each([
  [9, 11, 21, 3],
  [6, 7, 40, 2],
  [12, 5, 8, 9],
  [1, 9, 16, 2],
  [8, 1, 5, 2],
])('%i × %i patches of %i dimensions, %i labels', (h, w, d, c) => {
  const { image, keys: scene, seeds } = makeScene(h, w, d, c);
  test.each([
    ['linear', d],
    ['none', d],
    ['linear', 3 * d],
  ] as const)('scores equal the twin’s: %s, in a space of %i', (upsample, space) => {
    const factor = upsample === 'linear' ? 2 : 1;
    const keys = { ...scene, space };
    const solver = new WalkSolver(new Arena(), keys, image, { upsample });
    const found = solver.solve(seeds(factor));
    const expected = walk(prepareWalk(keys, image, { upsample }), seeds(factor));
    expectClose(found.data, expected.data, 1e-4);
    expect(agreement(argmax(found.data, c), argmax(expected.data, c))).toBeGreaterThan(0.995);
    expect(found).toMatchObject({ h: expected.h, w: expected.w, labels: expected.labels, converged: true });
  });

  test('what the rest says of each stroke equals the twin’s, before a solve and after', () => {
    const solver = new WalkSolver(new Arena(), scene, image, { upsample: 'linear' });
    const expected = walkLeftOut(prepareWalk(scene, image, { upsample: 'linear' }), seeds(2));
    expectClose(solver.leaveOut(seeds(2)), expected, 1e-3);
    solver.solve(seeds(2, c + 1));
    expectClose(solver.leaveOut(seeds(2)), expected, 1e-3);
    seeds(2).nodes.forEach((label, node) => {
      const sum = expected.subarray(c * node, c * (node + 1)).reduce((total, share) => total + share, 0);
      expect(sum).toBeCloseTo(label < 0 ? 0 : 1, 4);
    });
  });

  test('earlier strokes and undos change no bit', () => {
    const keys = scene;
    const solver = new WalkSolver(new Arena(), keys, image, { upsample: 'linear' });
    const fresh = (drawn: number) =>
      new WalkSolver(new Arena(), keys, image, { upsample: 'linear' }).solve(seeds(2, drawn)).data;
    for (const drawn of [2 * c, c + 1, 2 * c - 1]) expect(solver.solve(seeds(2, drawn)).data).toEqual(fresh(drawn));
  });

  test('strokes drawn over others, in any order, change no bit', () => {
    const next = random(c);
    const open = () => new WalkSolver(new Arena(), scene, image, { upsample: 'linear' });
    const solver = open();
    for (let round = 0; round < 6; round++) {
      const drawn = seeds(2, 2 * c);
      // Some nodes go to other strokes: their seeds come at other places, and some are new or gone.
      const nodes = drawn.nodes.map((label) => (next() < 0.1 ? Math.floor(c * next()) : label));
      for (let k = 0; k < c; k++) nodes[Math.floor(next() * nodes.length)] = k;
      const strokes = nodes.map((label) => (label < 0 ? 0 : 1 + label + c * Math.floor(3 * next())));
      const labels = drawn.labels.filter((_, k) => nodes.includes(k));
      const changed = { ...drawn, labels, strokes, nodes: nodes.map((k) => labels.indexOf(drawn.labels[k])) };
      expect(solver.solve(changed).data).toEqual(open().solve(changed).data);
    }
  });
});

test('a blank image is solved, too', () => {
  const { seeds } = makeScene(5, 6, 8, 2);
  const keys = { data: new Float32Array(5 * 6 * 8).fill(1), h: 5, w: 6, d: 8 };
  const image = { data: new Uint8Array(3 * 55 * 78).fill(90), width: 78, height: 55 };
  const found = new WalkSolver(new Arena(), keys, image, { upsample: 'linear' }).solve(seeds(2));
  expectClose(found.data, walk(prepareWalk(keys, image, { upsample: 'linear' }), seeds(2)).data, 1e-4);
});
