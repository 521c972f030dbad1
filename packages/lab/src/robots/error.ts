/** Where a mask is wrong, as an annotator sees it. */

/** A mask beside the truth, by pixels of a width × height image, row-major. */
export interface Seen {
  width: number;
  height: number;
  /** Labels of mask and truth: numbers from 0; what the truth lacks has other numbers. −1 in the truth: ignored. */
  labels: Int32Array;
  actual: Int32Array;
}

/** The middle of an error. */
export interface ErrorPoint {
  /** The true label there. */
  label: number;
  x: number;
  y: number;
  /** Chessboard distance to the nearest pixel that is right, of another label or beyond the border; at least 1. */
  depth: number;
}

/** The pixel deepest inside the errors of one true label; the first of equals. Undefined if nothing is wrong. */
export function deepestError({ width, height, labels, actual }: Seen): ErrorPoint | undefined {
  // A border without errors: pixels beyond it do not count.
  const stride = width + 2;
  const kind = new Int32Array(stride * (height + 2)).fill(-1);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, o = (y + 1) * stride + 1; x < width; x++, i++, o++) {
      if (labels[i] !== actual[i]) kind[o] = actual[i];
    }
  }
  const depth = new Int32Array(kind.length);
  const reach = (o: number, other: number) => (kind[other] === kind[o] ? depth[other] + 1 : 1);
  const sides = [1, stride - 1, stride, stride + 1];
  for (let o = stride; o < kind.length - stride; o++) {
    if (kind[o] < 0) continue;
    depth[o] = Math.min(...sides.map((side) => reach(o, o - side)));
  }
  let best = -1;
  for (let o = kind.length - stride; o >= stride; o--) {
    if (kind[o] < 0) continue;
    depth[o] = Math.min(depth[o], ...sides.map((side) => reach(o, o + side)));
    if (best < 0 || depth[o] >= depth[best]) best = o;
  }
  if (best < 0) return undefined;
  const x = (best % stride) - 1;
  return { label: kind[best], x, y: (best - 1 - x) / stride - 1, depth: depth[best] };
}
