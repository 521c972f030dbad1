/** The simplest use of keys: every node takes the label of the seed whose key is nearest, and every pixel that of its node. */
import type { RgbImage } from '@saltworks/core/image/image';
import { doubleKeys, type Keys } from '@saltworks/core/keys/keys';
import type { Mask } from '@saltworks/core/mask/mask';
import { presets } from '@saltworks/core/options';
import { refine } from '@saltworks/core/refine/refine';
import { oneHot, type StrokeRaster, seedNodes } from '@saltworks/core/seeds/seeds';

/** @returns solves the image from strokes; throws InvalidInputError if they label fewer than two segments */
export function nearestSeed(image: RgbImage, keys: Keys): (raster: StrokeRaster) => Mask {
  const { data, h, w, d } = doubleKeys(keys);
  /** Squared distances of all nodes to a seed, which most of the next strokes keep. */
  const known = new Map<number, Float64Array>();
  const distancesTo = (seed: number) => {
    const found = known.get(seed) ?? new Float64Array(h * w).map((_, node) => distance(data, d, seed, node));
    known.set(seed, found);
    return found;
  };
  return (raster) => {
    const { nodes, labels } = seedNodes(raster, h, w);
    const nearest = nodes.slice();
    const least = new Float64Array(h * w).fill(Number.POSITIVE_INFINITY);
    nodes.forEach((label, seed) => {
      if (label < 0) return;
      const distances = distancesTo(seed);
      for (let node = 0; node < least.length; node++) {
        if (nodes[node] >= 0 || distances[node] >= least[node]) continue;
        least[node] = distances[node];
        nearest[node] = label;
      }
    });
    const scores = { data: oneHot(nearest, labels.length), h, w, labels };
    return refine(image, scores, { ...presets.paper, refine: 'none' });
  };
}

function distance(data: Float32Array, d: number, one: number, other: number): number {
  let sum = 0;
  for (let k = 0, a = one * d, b = other * d; k < d; k++, a++, b++) sum += (data[a] - data[b]) ** 2;
  return sum;
}
