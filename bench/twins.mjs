// The same in plain TypeScript: the reference of the kernels, and the measure of their gain.

import { presets } from '@saltworks/core/options';
import { pairwiseTerms, startMeanField } from '@saltworks/core/refine/crf';
import { nodeGraph, propagate } from '@saltworks/core/spread/node-graph';
import { prepareWalk, walk } from '@saltworks/core/walk/walk';
import { clock } from './measure.mjs';

const { paper, best } = presets;

/** @returns contenders by the names of the rows whose twins they are */
export function twins({ image, keys, seeds, c }, unary) {
  let graph;
  let terms;
  const open = () => {
    graph = nodeGraph(keys, image, paper);
    return graph;
  };
  const infer = () => {
    const field = startMeanField(unary, c, terms);
    for (let i = 0; i < paper.crf.steps; i++) field.step();
  };
  return {
    'propagate-from-keys': () => clock(() => propagate(open(), seeds, paper)),
    'propagate-cached': () => clock(() => propagate(graph, seeds, paper)),
    'walk-from-keys': () => clock(() => walk(prepareWalk(keys, image, best), seeds)),
    'crf-cold': () =>
      clock(() => {
        terms = pairwiseTerms(image, paper.crf);
        infer();
      }),
    'crf-warm': () => clock(infer),
  };
}
