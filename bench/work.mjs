// How much each kernel does, counted by hand from the kernels: floating-point operations, and bytes that cross
// the border of the memory that limits it. Arguments are those of the kernels, which explain them.
//
// An addition, multiplication, comparison or conversion of one lane is one operation, of float64 two, since half as many
// fit a vector; moving lanes is none. Bytes: data beyond the second cache counts once a pass, and a line that is written
// unread counts twice, because the processor reads it first (`read`, or `copy` if some are written); data that stays in the
// cache counts with every vector loaded or stored (`cached`). Each is compared with the peak of that name in peaks.mjs.

/** exp4 of kernels/exp.ts: clamp 1, scale 1, round 1, reduce 2, polynomial 10, build 2. */
const exp = 17;

/** Tiles of the upper triangle: 16 entries and 64 bytes each. */
const tiles = (nb) => (nb * (nb + 1)) / 2;

const read = (flops, bytes, why) => ({ flops, bytes, at: 'read', why });
const copy = (flops, bytes, why) => ({ flops, bytes, at: 'copy', why });
const cached = (flops, bytes, why) => ({ flops, bytes, at: 'cached', why });

/** A grid doubled, rows from `from` on: a column and row 3 operations downwards and 5 across, with 8 loads and stores. */
const doubled = (h, w, from, why) => cached(8 * w * (2 * h - from), 32 * w * (2 * h - from), why);

/** A mixture of four rows: 7 operations with 5 loads and stores. */
const mixed = (count, why) => cached(7 * count, 20 * count, why);

/** Second caches are of this size or more. */
const secondCache = 2 ** 20;

/** A vertex and direction: two numbers of neighbours; (a + b)·side + own·self, three vectors read and one written. */
const blur =
  (channels) =>
  ([, m, , d]) =>
    (8 * channels * m < secondCache ? cached : copy)(
      4 * channels * m * (d + 1),
      (8 + 16 * channels) * m * (d + 1),
      'gathers scattered neighbours',
    );

/** A pixel's corners in place and colour, and in place. */
const corners = 6 + 3;

/** A pass of mean field: mode, the last argument, 1 slices, 2 splats, 4 keeps Q. */
const update = (channels) => (args) => {
  const [n, mode] = [args[0], args.at(-1)];
  const sides = (mode & 1 ? 1 : 0) + (mode & 2 ? 1 : 0);
  return {
    variant: `update${channels}${mode & 1 ? '' : ' (first)'}`,
    // A corner, sliced or splatted: multiply and add. A label: messages and their sum 4, exponential, sum and division 3.
    // From memory: corners, base, ones, and Q where it is kept.
    ...copy(
      n * channels * (2 * corners * sides + exp + 7),
      n * (8 * corners + 4 * channels + 4 + (mode & 4 ? 8 * channels : 0)),
      'scattered; each addition waits for the last',
    ),
  };
};

const chain = 'the exponential is a long chain with many constants';
const hashing = 'hashing: lookups wait for memory';

const formulas = {
  // Dense graph. Of each pair of panels of eight, 2 · 64 operations a dimension.
  gram([, n, d, back]) {
    const count = (n + 7) >> 3;
    let pairs = 0;
    for (let i = 0; i < count; i++) pairs += count - (Math.max(0, 8 * i - back) >> 3);
    return copy(128 * d * pairs, 4 * n * d + 512 * pairs);
  },
  doubledRow([, , h, w, i]) {
    const y = Math.floor(i / (2 * w));
    const [a, b] = [mixed(w * (h - Math.max((y - 1) >> 1, 0))), doubled(h, w, y)];
    return cached(a.flops + b.flops, a.bytes + b.bytes, 'five loads and stores for seven operations');
  },
  // n + other − 2·product, at least 0; tiles are written where nothing was read.
  distanceTiles: ([, , , I, nb]) => copy(64 * (nb - I), 128 * (nb - I), 'only writes: nothing fills the waits'),
  // Two comparisons, the range between them, and a count.
  gather: ([, nb]) => read(64 * tiles(nb), 64 * tiles(nb), 'a branch for every vector'),
  rbfTiles: ([, nb]) => copy(16 * (exp + 3) * tiles(nb), 128 * tiles(nb), chain),
  // Every entry is added to its row and to its column, and compared with others of its tile.
  degrees: ([, nb]) => read(48 * tiles(nb), 68 * tiles(nb)),

  // Spreading. A tile and label: rows 32 operations, columns 32; the tile is read once for all labels.
  product: ([, nb, , c]) =>
    read(64 * c * tiles(nb), 64 * tiles(nb), 'seven loads and stores for sixteen vectors of operations'),
  // A seed: a row of A times a number, added to the label's; of a tile it takes a quarter, but not fewer lines.
  seededProduct: ([, nb, , , seeds]) => copy(8 * nb * seeds, 64 * nb * seeds, 'a 64-byte line for four numbers'),
  // The same for tiles that matter; read wherever they are, packed, and written where they go.
  sparingProduct([, , nb, , c, , , , begun], kept) {
    return {
      variant: begun ? 'sparingProduct' : 'sparingProduct (first)',
      ...copy(
        64 * c * (kept + nb),
        132 * kept + 64 * nb,
        begun ? 'copies the tiles it keeps' : 'gathers scattered tiles',
      ),
    };
  },
  // Greatest entries twice multiplied and compared.
  countTiles: ([, nb]) => read(6 * tiles(nb), 4 * tiles(nb)),
  scalePlanes: ([, , nb, c]) => cached(4 * nb * c, 48 * nb * c),
  // Two products; two sums and a magnitude; six loads and stores.
  advance: ([, , nb, c]) => cached(20 * nb * c, 112 * nb * c),

  // Whitening. A third of d³ operations; then d² for each of the eight vectors of a panel.
  factorPanels: ([, , d]) => read(d ** 3 / 3, 4 * d * d, 'the diagonal, one number at a time'),
  substitutePanels: ([, d, , , count]) => copy(8 * d * d * count, 64 * d * count),
  // A pixel: three additions across rows.
  addCells: ([, rows, width]) => cached(3 * rows * width, 15 * rows * width),
  // Edges. A node and dimension: own square 2, four differences squared and summed 12, of four vectors; nodes made first.
  edgeDistances([, h, w, d, double]) {
    const nodes = (double ? 4 : 1) * h * w;
    const made = double ? doubled(h, w * d, 0) : cached(0, 0);
    return cached(14 * d * nodes + made.flops, 16 * d * nodes + made.bytes);
  },
  edgeWeights: ([, , n]) => cached((exp + 12) * n, 32 * n),
  // Ridge.
  mixPanel: ([, d]) => mixed(d, 'one lane at a time'),
  panelProducts: ([, , n, d]) => read(16 * d * n, 4 * d * n),
  doubleGrid: ([, h, w, from]) => doubled(h, w, from),
  ridgeRow: ([, , , , , , , , n]) => cached((exp + 10) * n, 24 * n, chain),
  // Each row's inner products with those before it, and with itself.
  factorRows: ([, from, to]) =>
    cached((2 * (to ** 3 - from ** 3)) / 3, (4 * (to ** 3 - from ** 3)) / 3, 'float64 sums in two chains'),
  solveRows: ([, m, , c]) => cached(4 * m * m * c, 12 * m * m * c, 'each unknown waits for earlier ones'),
  // Rows are copied together once, then loaded for two labels at a time, whose sums stay in registers.
  ridgeSums: ([, stride, m, , c]) => cached(2 * m * c * stride, (2 * c + 8) * m * stride),
  softmaxPlanes: ([, stride, c]) => cached((exp + 6) * stride * c, 28 * stride * c),
  // Grid. A step and node: image 17, its product 5; x and residual 4, z 1, worst 2, their product 5; direction 3. Loads
  // and stores: 19, 7 and 4.
  walkLabel: ([, , n], steps) =>
    cached(37 * n * Math.abs(steps), 120 * n * Math.abs(steps), 'vectors straddle cache lines'),
  // The factor: of four columns at a time, half a square of `width` is taken from the columns they reach; six loads and
  // stores for eight operations. With it, down and up the band, and the image once.
  factorBand: ([, , h, w, , width]) => cached(h * w * width ** 2, 3 * h * w * width ** 2, 'short columns'),
  walkDirect: ([, , h, w, , , width], steps) =>
    cached(
      (4 * width + 22) * h * w * Math.abs(steps),
      (11 * width + 76) * h * w * Math.abs(steps),
      'four unknowns wait for the four before',
    ),

  // Lattices. Corners written (twice), pixels read; a number and a key looked up for each corner.
  embedPixels: ([, , n, d, , , from]) => copy(0, (n - from) * (28 * (d + 1) + 3), hashing),
  // Keys read, neighbours written on both sides (twice), a number and a key looked up.
  connectVertices: ([, m, d]) => copy(0, m * (d + 1) * (8 + 16 + 12), hashing),
  normaliseCorners: ([, n, d]) => copy(5 * n * (d + 1), 12 * n * (d + 1), 'scattered'),
  settleCorners: ([, n, d]) => copy(2 * n * (d + 1), 12 * n * (d + 1), 'scattered'),
  // Mean field.
  ...Object.fromEntries(
    [1, 4, 8].flatMap((c) => [
      [`blur${c}`, blur(c)],
      [`update${c}`, update(c)],
    ]),
  ),
  // From nodes to pixels. A row's scores mixed downwards, then across: 3 operations each; weighed, summed, weighed.
  interpolateRows: ([, w, c, , , y0, y1, width]) =>
    cached(
      3 * c * (y1 - y0) * (w + width),
      12 * c * (y1 - y0) * (w + width),
      'overlapping vectors wait for each other',
    ),
  countColours: ([, , n, c]) => copy(c * n, n * (4 * c + 3), 'scattered'),
  weighByColours: ([, , n, c]) => copy(4 * c * n, n * (12 * c + 3), 'scattered; overlapping vectors wait'),
  beginField1: ([, , n]) => copy(4 * n, 20 * n, 'one number at a time'),
  beginField: ([, , n, c, channels]) => copy(2 * n * channels, 4 * n * (c + 1 + 2 * channels)),
  fieldMarginals: ([, n, c, channels]) => copy(n * c, 4 * n * (channels + 2 * c), 'one number at a time'),
};

/**
 * The work of one call.
 *
 * @param result the kernel's result: for some kernels, the number of steps
 * @returns operations, bytes, `at`: the peak to compare them with, `why`: the reason why a call may be far from it, and
 *   `variant`: a name for a call unlike the others; an empty object for kernels that are not counted
 */
export function workOf(name, args, result) {
  return formulas[name]?.(args, result) ?? {};
}
