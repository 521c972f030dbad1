// The effect of corrections: an ideal annotator repeatedly puts a dot where the mask is most wrong.
import { openFast } from '@saltworks/core/fast/solver';
import { mean } from '@saltworks/core/metrics/mean';
import { heldPixels } from '@saltworks/core/refine/held';
import { seedNodes } from '@saltworks/core/seeds/seeds';
import { numbered, scores, withStroke } from '@saltworks/lab/protocols/corrections';
import { ideal } from '@saltworks/lab/robots/corrector';

/** The dots whose effects are measured one by one, and the numbers of dots after which mIoU is reported. */
const first = 8;
export const after = [0, 1, 2, 3, 5, 8, 12];
/** The IoU from which a segment counts as right, and the dots a segment that an image may take (NCI). */
const enough = 0.85;
const budget = 10;

/**
 * Corrects one image until every segment is right or the budget is spent, with at least as many dots as are measured.
 *
 * @returns mIoU by dots, dots a segment, whether they sufficed; of each of the first dots: the share of right pixels that it
 * breaks, of its label's error that it mends, and whether it breaks more than it mends
 */
export function correct(image, keys, { truth, ignore, raster: drawn }, options) {
  const solver = openFast(image, keys, options);
  let raster = drawn;
  // Ids as small numbers, −1 for ignored pixels: these are counted after every dot.
  const names = [...new Set(truth.ids.filter((_, i) => !ignore[i]))].sort((a, b) => a - b);
  const number = new Map(names.map((id, k) => [id, k]));
  const actual = Int32Array.from(truth.ids, (id, i) => (ignore[i] ? -1 : number.get(id)));
  const labelled = () => {
    const nodes = solver.solve(seedNodes(raster, 2 * keys.h, 2 * keys.w));
    return numbered(solver.refine(nodes, heldPixels(raster, options)), number);
  };

  let labels = labelled();
  let ious = scores(labels, actual, names.length);
  const most = budget * names.length;
  const miou = [mean(ious)];
  const dots = [];
  let needed = ious.every((iou) => iou >= enough) ? 0 : undefined;
  for (let n = 1; n <= Math.max(after.at(-1), most); n++) {
    if (n > after.at(-1) && needed !== undefined) break;
    const dot = ideal.correct({ width: truth.width, height: truth.height, labels, actual });
    if (!dot) break;
    raster = withStroke(raster, dot, names[dot.label]);
    const next = labelled();
    ious = scores(next, actual, names.length);
    if (needed === undefined && ious.every((iou) => iou >= enough)) needed = n;
    if (n <= after.at(-1)) miou.push(mean(ious));
    if (n <= first) dots.push(effect(labels, next, actual, dot.label));
    labels = next;
  }
  // No error was left.
  while (miou.length <= after.at(-1)) miou.push(miou.at(-1));
  const sufficed = needed !== undefined && needed <= most;
  return { miou, dots, sufficed, dotsPerSegment: (sufficed ? needed : most) / names.length };
}

function effect(before, now, actual, label) {
  const count = { right: 0, broken: 0, mended: 0, error: 0, ownMended: 0 };
  for (let i = 0; i < now.length; i++) {
    const real = actual[i];
    if (real < 0) continue;
    const [was, is] = [before[i] === real, now[i] === real];
    if (was) count.right++;
    if (was && !is) count.broken++;
    if (!was && is) count.mended++;
    if (!was && real === label) {
      count.error++;
      if (is) count.ownMended++;
    }
  }
  return {
    breaks: count.broken / count.right,
    mends: count.ownMended / count.error,
    harms: count.broken > count.mended,
  };
}

/** Means over images. */
export function sumUpCorrections(results) {
  const dots = results.flatMap((result) => result.dots);
  return {
    images: results.length,
    mIoU: Object.fromEntries(after.map((n) => [n, mean(results.map(({ miou }) => miou[n]))])),
    corrections: dots.length,
    breaks: mean(dots.map(({ breaks }) => breaks)),
    mends: mean(dots.map(({ mends }) => mends)),
    harms: mean(dots.map(({ harms }) => Number(harms))),
    sufficed: results.filter(({ sufficed }) => sufficed).length,
    dotsPerSegment: mean(results.map(({ dotsPerSegment }) => dotsPerSegment)),
  };
}

/** The same as text, by set. */
export const tellCorrections = (bySet) =>
  Object.entries(bySet)
    .map(([set, found]) => {
      const percent = (share, digits) => `${(100 * share).toFixed(digits)} %`;
      const steps = Object.entries(found.mIoU).map(([n, value]) => `${n}: ${value.toFixed(3)}`);
      return `${set}, ${found.images} images, mIoU after dots ${steps.join(' · ')}
  a correction breaks ${percent(found.breaks, 2)} of the right pixels, mends ${percent(found.mends, 0)} of its label's error; \
${percent(found.harms, 0)} of ${found.corrections} break more than they mend
  all segments reach ${enough} within ${budget} dots a segment in ${found.sufficed} of ${found.images}; ${found.dotsPerSegment.toFixed(1)} dots a segment`;
    })
    .join('\n');
