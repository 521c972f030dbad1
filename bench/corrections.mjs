// What corrections do: an ideal annotator looks at the mask and puts a dot where it is most wrong, again and again.
import { openFast } from '@saltworks/core/fast/solver';
import { heldPixels } from '@saltworks/core/held';
import { mean, overlaps } from '@saltworks/core/metrics';
import { rasterise, seedNodes } from '@saltworks/core/seeds';

/** Dots whose effect is looked at one by one, and after how many mIoU is told. */
const first = 8;
export const after = [0, 1, 2, 3, 5, 8, 12];
/** A segment is right from this IoU on; an image may take this many dots a segment to get there (NCI). */
const enough = 0.85;
const budget = 10;
/** Pixels. */
const radius = 3;

/**
 * Corrects one image until every segment is right or the budget is spent, and at least as often as is looked at.
 *
 * @returns mIoU by dots, dots a segment, whether they sufficed; of each of the first dots: the share of right pixels that it
 * breaks, of its label's error that it mends, and whether it breaks more than it mends
 */
export function correct(image, keys, { truth, ignore, raster: drawn }, options, { refiner } = {}) {
  const solver = openFast(image, keys, options);
  let raster = { ...drawn, owner: Uint16Array.from(drawn.owner), segments: Array.from(drawn.segments) };
  const solve = () => {
    const nodes = solver.solve(seedNodes(raster, 2 * keys.h, 2 * keys.w));
    return (refiner ?? solver.refine)(nodes, heldPixels(raster, options), raster).ids;
  };
  const wrong = (ids, i) => !ignore[i] && ids[i] !== truth.ids[i];
  const scores = (ids) => overlaps({ ...truth, ids }, truth, ignore).map(({ iou }) => iou);

  let ids = solve();
  let ious = scores(ids);
  const most = budget * ious.length;
  const miou = [mean(ious)];
  const dots = [];
  let needed = ious.every((iou) => iou >= enough) ? 0 : undefined;
  for (let n = 1; n <= Math.max(after.at(-1), most); n++) {
    if (n > after.at(-1) && needed !== undefined) break;
    const found = deepest(ids, truth, wrong);
    if (!found) break;
    raster = withDot(raster, found);
    const next = solve();
    ious = scores(next);
    if (needed === undefined && ious.every((iou) => iou >= enough)) needed = n;
    if (n <= after.at(-1)) miou.push(mean(ious));
    if (n <= first) dots.push(effect(ids, next, truth, ignore, found.label));
    ids = next;
  }
  // Nothing was left to correct.
  while (miou.length <= after.at(-1)) miou.push(miou.at(-1));
  const sufficed = needed !== undefined && needed <= most;
  return { miou, dots, sufficed, dotsPerSegment: (sufficed ? needed : most) / ious.length };
}

function effect(before, now, truth, ignore, label) {
  const count = { right: 0, broken: 0, mended: 0, error: 0, ownMended: 0 };
  for (let i = 0; i < now.length; i++) {
    if (ignore[i]) continue;
    const [was, is] = [before[i] === truth.ids[i], now[i] === truth.ids[i]];
    if (was) count.right++;
    if (was && !is) count.broken++;
    if (!was && is) count.mended++;
    if (!was && truth.ids[i] === label) {
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

/** The pixel farthest inside the errors of one true label, by chessboard distance; the first of equals. */
function deepest(ids, { ids: truth, width, height }, wrong) {
  const kind = Int32Array.from(truth, (label, i) => (wrong(ids, i) ? label : -1));
  const depth = new Int32Array(kind.length);
  const relax = (x, y, sides) => {
    const i = y * width + x;
    if (kind[i] < 0) return;
    let least = depth[i] || kind.length;
    for (const [dx, dy] of sides) {
      const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
      const other = i + dy * width + dx;
      least = Math.min(least, inside && kind[other] === kind[i] ? depth[other] + 1 : 1);
    }
    depth[i] = least;
  };
  const before = [
    [-1, -1],
    [0, -1],
    [1, -1],
    [-1, 0],
  ];
  const behind = before.map(([dx, dy]) => [-dx, -dy]);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) relax(x, y, before);
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) relax(x, y, behind);
  let best = -1;
  for (let i = 0; i < depth.length; i++) if (depth[i] > (depth[best] ?? 0)) best = i;
  return best < 0
    ? undefined
    : { label: truth[best], x: best % width, y: Math.floor(best / width), depth: depth[best] };
}

/** The raster with another stroke: a dot that lies within the error. */
function withDot({ width, height, owner, segments }, { label, x, y, depth }) {
  const stroke = { segment: label, points: [[x, y]], radius: Math.min(radius, depth - 1) };
  const dot = rasterise({ image: { width, height }, segments: [], strokes: [stroke] });
  const number = segments.length + 1;
  return { width, height, owner: owner.map((own, i) => (dot.owner[i] ? number : own)), segments: [...segments, label] };
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
