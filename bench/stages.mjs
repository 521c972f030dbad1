// Where the time goes: every stage beside its twin in TypeScript, every heavy kernel beside the machine's peak.

import { Arena } from '@saltworks/core/arena/arena';
import { doubleKeys } from '@saltworks/core/keys/keys';
import { doubleGram, gram, medianDistance, squaredDistances } from '@saltworks/core/nodes/gram';
import { presets } from '@saltworks/core/options';
import { pairwiseTerms, startMeanField } from '@saltworks/core/refine/crf';
import { openRefiner } from '@saltworks/core/refine/fast/refine';
import { oneHot } from '@saltworks/core/seeds/seeds';
import { denseGraph } from '@saltworks/core/spread/fast/graph';
import { spreadDense } from '@saltworks/core/spread/fast/spread';
import { normalise, rbf } from '@saltworks/core/spread/graph';
import { spread } from '@saltworks/core/spread/spread';
import { WalkSolver } from '@saltworks/core/walk/fast/walk';
import { gridEdges, solveWalk } from '@saltworks/core/walk/grid-walk';
import { likeness, prepareWalk, walkDefaults } from '@saltworks/core/walk/walk';
import { whiten } from '@saltworks/core/walk/whiten';
import { timeKernels } from './kernel-timer.mjs';
import { clock, median, round } from './measure.mjs';
import { refining } from './ours.mjs';

const { paper, best } = presets;

/** An arena that is empty at the start of every run. */
function afresh(work) {
  const arena = new Arena();
  return {
    arena,
    run() {
      arena.reset();
      work(arena);
    },
  };
}

/**
 * The three parts: how each runs, which kernels make up a stage, and the same stages in TypeScript, in order. Kernels are
 * named by their prefixes.
 */
const parts = {
  'Dense graph and spreading (`paper`)': {
    open: ({ image, keys, seeds }) =>
      afresh((arena) => spreadDense(denseGraph(arena, keys, image, paper), seeds, paper)),
    stages: {
      'inner products of patches': ['columnMeans', 'pack', 'gram'],
      'distances of nodes': ['doubledRow', 'distanceTiles'],
      'their median': ['sampleBins', 'gather'],
      'affinities and degrees': ['rbfTiles', 'degrees'],
      spreading: ['scalePlanes', 'seeded', 'product', 'countTiles', 'sparingProduct', 'advance'],
    },
    twin({ keys, seeds }, time) {
      const c = seeds.labels.length;
      const g = time('inner products of patches', () => gram(keys));
      const d2 = time('distances of nodes', () => squaredDistances(doubleGram(g, keys.h, keys.w)));
      const sigma = time('their median', () => paper.sigmaFactor * medianDistance(d2));
      const s = time('affinities and degrees', () => normalise(rbf(d2, sigma)));
      time('spreading', () => spread(s, oneHot(seeds.nodes, c), c, paper));
    },
  },
  'Ridge and random walk (`best`)': {
    open: ({ image, keys, seeds }) => afresh((arena) => new WalkSolver(arena, keys, image, best).solve(seeds)),
    stages: {
      whitening: ['columnMeans', 'packSample', 'pack', 'gram', 'shrink', 'factorPanels', 'substitutePanels'],
      edges: ['addCells', 'unpack', 'edgeDistances', 'mixRows', 'edgeWeights', 'edgeDegrees'],
      'kernel ridge': [
        'ridge',
        'mixPanel',
        'panelProducts',
        'doubleGrid',
        'factorRows',
        'solveRows',
        'blend',
        'softmaxPlanes',
      ],
      'random walk': ['walkDiagonal', 'factorBand', 'walkDirect', 'walkLabel'],
    },
    twin({ image, keys, seeds }, time) {
      const c = seeds.labels.length;
      const z = time('whitening', () => whiten(keys, walkDefaults.shrinkage));
      const graph = prepareWalk(keys, image, best);
      const { edgeColour: colour, leastEdge: least } = walkDefaults;
      const edges = time('edges', () => gridEdges(doubleKeys(z), graph.colours, { colour, least }));
      const scores = time('kernel ridge', () => likeness(graph, seeds));
      const belief = scores.map((score) => Math.max(1e-8, score));
      time('random walk', () => solveWalk(edges, belief, seeds.nodes, c, walkDefaults));
    },
  },
  'Dense CRF (`paper`, five steps)': {
    open: (scene, unary) => {
      const arena = new Arena();
      const { contenders } = refining(scene, unary, [new Arena(), arena]);
      return { arena, run: contenders['crf-cold'] };
    },
    stages: {
      lattices: [
        'embedPixels',
        'indexVertices',
        'connectVertices',
        'blur1',
        'normaliseCorners',
        'settleCorners',
        'moveCorners',
      ],
      'mean field': ['beginField', 'update', 'blur', 'fieldMarginals'],
    },
    twin({ image, c }, time, unary) {
      const terms = time('lattices', () => pairwiseTerms(image, paper.crf));
      time('mean field', () => {
        const field = startMeanField(unary, c, terms);
        for (let i = 0; i < paper.crf.steps; i++) field.step();
      });
    },
  },
  'Node scores to a mask (`best`, lattices ready)': {
    open: ({ image, keys, seeds }) => {
      const arena = new Arena();
      const refiner = openRefiner(arena, image, best);
      const scores = new WalkSolver(new Arena(), keys, image, best).solve(seeds);
      return { arena, run: () => refiner.refine(scores) };
    },
    stages: {
      'scores of pixels': [
        'interpolateRows',
        'countColours',
        'colour',
        'blurColours',
        'weighByColours',
        'scoreEnergies',
      ],
      'mean field': ['beginField', 'update', 'blur', 'moveCorners'],
      'guided upsampling': ['timesColours', 'windowMeans', 'fitColours', 'applyColours'],
      owners: ['bestLabels'],
    },
    twin() {},
  },
};

/** @returns parts: total, stages with both times, kernels that take at least 2 % of the part */
export function stages(scene, unary, peaks, { quick }) {
  return Object.entries(parts).map(([title, part]) => {
    const { arena, run } = part.open(scene, unary);
    const { total, runs } = profile(arena, run, quick ? 3 : 9);
    const typescript = {};
    part.twin(
      scene,
      (stage, work) => {
        let result;
        typescript[stage] = clock(() => {
          result = work();
        });
        return result;
      },
      unary,
    );
    const kernels = medianKernels(runs).map((kernel) => ({ ...kernel, stage: stageOf(part.stages, kernel.kernel) }));
    const named = Object.keys(part.stages).map((name) => ({
      name,
      ours: round(kernels.reduce((sum, { stage, ms }) => sum + (stage === name ? ms : 0), 0)),
      typescript: typescript[name] && round(typescript[name]),
    }));
    const rest = total - kernels.reduce((sum, { ms }) => sum + ms, 0);
    return {
      title,
      total: round(total),
      stages: [...named, { name: 'between kernels', ours: round(Math.max(0, rest)) }],
      kernels: kernels.filter(({ ms }) => ms > 0.02 * total).map((kernel) => againstPeaks(kernel, peaks)),
    };
  });
}

/** The stage whose list has the longest prefix of the kernel's name. */
function stageOf(stages, kernel) {
  const length = (name) => Math.max(0, ...stages[name].map((start) => (kernel.startsWith(start) ? start.length : 0)));
  const found = Object.keys(stages).sort((a, b) => length(b) - length(a))[0];
  return length(found) > 0 ? found : undefined;
}

/** Plain runs, in turns with runs whose kernels are timed, because timing takes time itself. */
function profile(arena, run, repeats) {
  for (let i = 0; i < 5; i++) run();
  const plain = [];
  const runs = [];
  for (let i = 0; i < repeats; i++) {
    plain.push(clock(run));
    runs.push(timeKernels(arena, run));
  }
  return { total: median(plain.sort((a, b) => a - b)), runs };
}

function medianKernels(runs) {
  return runs[0].map(({ kernel, ...counts }) => {
    const times = runs.flatMap((run) => run.filter((other) => other.kernel === kernel).map(({ ms }) => ms));
    return { kernel, ...counts, ms: median(times.sort((a, b) => a - b)) };
  });
}

/** The machine's limit that a kernel is nearest to, and how near it is. */
function againstPeaks({ kernel, calls, ms, flops, bytes, at, why }, peaks) {
  const [gflops, gbs] = [flops, bytes].map((count) => count / ms / 1e6);
  const [compute, transfer] = [gflops / peaks.gflops, gbs / peaks[at]];
  const counted = Number.isFinite(flops);
  const share = Math.max(compute, transfer);
  return {
    kernel,
    calls,
    ms: round(ms),
    ...(counted && {
      gflops: round(gflops),
      gbs: round(gbs),
      limit: compute > transfer ? 'arithmetic' : at,
      share: round(share),
      ...(share < 0.5 && why && { why }),
    }),
  };
}
