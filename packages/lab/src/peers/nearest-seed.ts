/** The simplest use of keys: every node takes the label of the seed whose key is nearest, and every pixel that of its node. */
import type { RgbImage } from '@saltworks/core/image/image';
import { doubleKeys, type Keys } from '@saltworks/core/keys/keys';
import type { Mask } from '@saltworks/core/mask/mask';
import { presets } from '@saltworks/core/options';
import { refine } from '@saltworks/core/refine/refine';
import { oneHot, type StrokeRaster, seedNodes } from '@saltworks/core/seeds/seeds';

/** @throws InvalidInputError if the strokes label fewer than two segments */
export function nearestSeed(image: RgbImage, keys: Keys, raster: StrokeRaster): Mask {
  const { data, h, w, d } = doubleKeys(keys);
  const { nodes, labels } = seedNodes(raster, h, w);
  const seeds = [...nodes.keys()].filter((node) => nodes[node] >= 0);
  const nearest = nodes.map((own, node) => {
    if (own >= 0) return own;
    let [label, least] = [0, Number.POSITIVE_INFINITY];
    for (const seed of seeds) {
      let sum = 0;
      // Most seeds are far: their sums need not be finished.
      for (let k = 0, a = node * d, b = seed * d; k < d && sum < least; k++, a++, b++) sum += (data[a] - data[b]) ** 2;
      if (sum < least) [label, least] = [nodes[seed], sum];
    }
    return label;
  });
  const scores = { data: oneHot(nearest, labels.length), h, w, labels };
  return refine(image, scores, { ...presets.paper, refine: 'none' });
}
