/**
 * The pixels that a COCO polygon covers, exactly as in pycocotools (`rleFrPoly` of cocoapi's maskApi.c): walks the border in
 * fifths of a pixel; wherever it passes from column to column, the column's pixels change sides.
 */

const scale = 5;

/**
 * @param corners x₀ y₀ x₁ y₁ …, pixels; pixel (x, y) spans x … x + 1 and y … y + 1
 * @returns run lengths as in `rle.ts`
 */
export function polygonRuns(corners: readonly number[], width: number, height: number): number[] {
  const { u, v } = walkBorder(corners);
  const changes: number[] = [];
  for (let j = 1; j < u.length; j++) {
    if (u[j] === u[j - 1]) continue;
    const x = ((u[j] < u[j - 1] ? u[j] : u[j] - 1) + 0.5) / scale - 0.5;
    if (Math.floor(x) !== x || x < 0 || x > width - 1) continue;
    const y = (Math.min(v[j], v[j - 1]) + 0.5) / scale - 0.5;
    changes.push(x * height + Math.ceil(Math.min(Math.max(y, 0), height)));
  }
  changes.push(width * height);
  changes.sort((a, b) => a - b);

  const counts: number[] = [];
  let last = 0;
  for (let j = 0; j < changes.length; j++) {
    const count = changes[j] - last;
    last = changes[j];
    if (count > 0 || j === 0) {
      counts.push(count);
      continue;
    }
    // Two changes at one place cancel out: the run before them goes on.
    j++;
    if (j < changes.length) {
      counts[counts.length - 1] += changes[j] - last;
      last = changes[j];
    }
  }
  return counts;
}

/** Points of the closed border, a fifth of a pixel apart along the longer axis of each side. */
function walkBorder(corners: readonly number[]): { u: number[]; v: number[] } {
  const count = corners.length / 2;
  const grid = corners.map((value) => Math.trunc(scale * value + 0.5));
  const u: number[] = [];
  const v: number[] = [];
  for (let j = 0; j < count; j++) {
    const next = (j + 1) % count;
    let [xs, ys, xe, ye] = [grid[2 * j], grid[2 * j + 1], grid[2 * next], grid[2 * next + 1]];
    const dx = Math.abs(xe - xs);
    const dy = Math.abs(ye - ys);
    // Always drawn from the same end, so that two polygons that share a side leave no gap.
    const flip = (dx >= dy && xs > xe) || (dx < dy && ys > ye);
    if (flip) [xs, ys, xe, ye] = [xe, ye, xs, ys];
    const steps = Math.max(dx, dy);
    const slope = steps === 0 ? 0 : (dx >= dy ? ye - ys : xe - xs) / steps;
    for (let d = 0; d <= steps; d++) {
      const t = flip ? steps - d : d;
      u.push(dx >= dy ? t + xs : Math.trunc(xs + slope * t + 0.5));
      v.push(dx >= dy ? Math.trunc(ys + slope * t + 0.5) : t + ys);
    }
  }
  return { u, v };
}
