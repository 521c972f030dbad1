// Whether the kernels and their plain TypeScript twins give the same labels.

import { openFast } from '@saltworks/core/fast/solver';
import { argmax } from '@saltworks/core/nodes/scores';
import { presets } from '@saltworks/core/options';
import { heldPixels } from '@saltworks/core/refine/held';
import { seedNodes } from '@saltworks/core/seeds/seeds';
import { openPlain } from '@saltworks/core/solver';

/** Labels of nodes and pixels by the solver that `open` opens. */
function labelled(open, image, keys, raster, options) {
  const solver = open(image, keys, options);
  const seeds = seedNodes(raster, 2 * keys.h, 2 * keys.w);
  const nodes = solver.solve(seeds);
  const { ids: pixels } = solver.refine(nodes, heldPixels(raster, options));
  return { scores: nodes.data, nodes: argmax(nodes.data, nodes.labels.length), pixels };
}

/**
 * One image: the number of nodes and pixels that kernels and plain TypeScript label differently.
 *
 * @returns per preset: counts, and the largest difference of scores
 */
export function agreement(image, keys, raster) {
  return Object.fromEntries(
    Object.entries(presets).map(([preset, options]) => {
      const fast = labelled(openFast, image, keys, raster, options);
      const plain = labelled(openPlain, image, keys, raster, options);
      return [
        preset,
        {
          nodes: different(fast.nodes, plain.nodes),
          ofNodes: fast.nodes.length,
          pixels: different(fast.pixels, plain.pixels),
          ofPixels: fast.pixels.length,
          scores: farthest(fast.scores, plain.scores),
        },
      ];
    }),
  );
}

function different(a, b) {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

function farthest(a, b) {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

/** Sums up many images in a few lines. */
export function sumUp(results) {
  return Object.keys(presets)
    .map((preset) => {
      const sum = (key) => results.reduce((total, result) => total + result[preset][key], 0);
      const most = Math.max(...results.map((result) => result[preset].scores));
      const images = results.filter((result) => result[preset].nodes + result[preset].pixels > 0).length;
      return `${preset}: kernels label ${sum('nodes')} of ${sum('ofNodes')} nodes and ${sum('pixels')} of ${sum('ofPixels')} pixels
  unlike plain TypeScript, in ${images} of ${results.length} images; scores differ by ${most.toExponential(1)} at most`;
    })
    .join('\n');
}
