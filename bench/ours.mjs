// Our side of every row, as functions that time themselves on an image with strokes, each in a lasting arena: the uncounted
// turn touches its memory first.
import { Arena } from '@saltworks/core/arena/arena';
import { presets } from '@saltworks/core/options';
import { manyLabels, startMeanField } from '@saltworks/core/refine/fast/crf';
import { buildPairwise } from '@saltworks/core/refine/fast/lattice';
import { placeTiles } from '@saltworks/core/refine/fast/tiles';
import { denseGraph } from '@saltworks/core/spread/fast/graph';
import { StrokeColumns, spreadDense } from '@saltworks/core/spread/fast/spread';
import { WalkSolver } from '@saltworks/core/walk/fast/walk';
import { timeKernels } from './kernel-timer.mjs';
import { clock } from './measure.mjs';
import { seedsWithOneMore } from './scene.mjs';

const { paper, best } = presets;

/** Label spreading, as in scikit-learn. @returns contenders, the graph, and the answer of `propagate-cached` */
export function spreading(scene, arena = new Arena()) {
  const { image, keys, seeds } = scene;
  const graph = denseGraph(arena, keys, image, paper);
  const columns = new StrokeColumns(graph, paper);
  columns.scores(seeds);
  const end = arena.mark();
  let strokes = 0;
  const contenders = {
    'propagate-cached': () => clock(() => spreadDense(graph, seeds, paper)),
    'stroke-added': () => {
      const more = seedsWithOneMore(scene, strokes++);
      return clock(() => columns.scores(more));
    },
    'propagate-from-keys': () => {
      const ms = clock(() => spreadDense(denseGraph(arena, keys, image, paper), seeds, paper));
      arena.release(end);
      return ms;
    },
  };
  return { contenders, graph, answer: () => spreadDense(graph, seeds, paper) };
}

/** The solver of `best`. */
export function walking(scene, arena = new Arena()) {
  const { image, keys, seeds } = scene;
  const solver = new WalkSolver(arena, keys, image, best);
  solver.solve(seeds);
  const end = arena.mark();
  let strokes = 0;
  return {
    'walk-from-keys': () => {
      const ms = clock(() => new WalkSolver(arena, keys, image, best).solve(seeds));
      arena.release(end);
      return ms;
    },
    'walk-stroke-added': () => {
      const more = seedsWithOneMore(scene, strokes++);
      return clock(() => solver.solve(more));
    },
  };
}

const ofGrid = ['edgeWeights', 'edgeDegrees', 'walkDiagonal', 'factorBand', 'walkDirect', 'walkLabel'];

/** The walk's grid alone: weights of the edges, a factor, a solve for each label. Almost no prior, as the peer has none. */
export function gridSolve({ image, keys, seeds }) {
  const arena = new Arena();
  const empty = arena.mark();
  return () => {
    arena.release(empty);
    const kernels = timeKernels(arena, () => new WalkSolver(arena, keys, image, best).solve(seeds, { prior: 1e-6 }));
    return kernels.reduce((sum, { kernel, ms }) => sum + (ofGrid.includes(kernel) ? ms : 0), 0);
  };
}

/**
 * The dense CRF of `paper`. Warm: lattices and energies exist; cold: both are made from the image.
 *
 * @param unary energies `[n, c]`
 * @returns contenders, and marginals `[n, c]`
 */
export function refining({ image, c }, unary, [warm, cold] = [new Arena(), new Arena()]) {
  const n = image.width * image.height;
  const infer = (arena, pairwise, energies) => {
    const out = arena.reserve(4 * n * c);
    const field = startMeanField(arena, pairwise, energies, c);
    field.run(paper.crf.steps);
    field.marginals(out);
    return out;
  };
  const fromPicture = (arena) => infer(arena, buildPairwise(arena, image, paper.crf), arena.put(unary));

  const pairwise = buildPairwise(warm, image, paper.crf);
  if (c >= manyLabels) pairwise.tiles = placeTiles(warm, pairwise);
  const ready = warm.mark();
  const empty = cold.mark();
  const contenders = {
    'crf-warm': () => {
      warm.release(ready);
      const energies = warm.put(unary);
      return clock(() => infer(warm, pairwise, energies));
    },
    'crf-cold': () => {
      cold.release(empty);
      return clock(() => fromPicture(cold));
    },
  };
  const answer = () => {
    cold.release(empty);
    return cold.floats(fromPicture(cold), n * c);
  };
  return { contenders, answer };
}
