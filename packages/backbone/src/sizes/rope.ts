/**
 * Rotary positions that an export baked at its own size. A table is proved by its values: where every column is a sine or
 * cosine of an angle linear in the normalised, centred rows or columns (DINOv3), it is rebuilt for any grid; otherwise it is
 * not understood.
 */
import { centred, type Wave } from './positions.ts';

/** Rounding of a float32 table, or of a float16 one. */
const TOLERANCE = { single: 2e-5, half: 2e-3 };

/** Waves that a column of a table may be: one, unless the grid of the export hides which. */
export type Candidates = readonly Wave[];

/**
 * Reads the waves off a table. A grid cannot show waves faster than two cells a turn, so those count as none.
 *
 * @param table h · w × d row-major, patches in row-major order
 * @returns candidates for each column; undefined if a column is no wave
 */
export function wavesOf(
  table: Float32Array,
  { h, w, d, half = false }: { h: number; w: number; d: number; half?: boolean },
): Candidates[] | undefined {
  const tolerance = half ? TOLERANCE.half : TOLERANCE.single;
  const columns: Candidates[] = [];
  for (let column = 0; column < d; column++) {
    const at = (y: number, x: number) => table[(y * w + x) * d + column];
    const down = Float64Array.from({ length: h }, (_, y) => at(y, 0));
    const across = Float64Array.from({ length: w }, (_, x) => at(0, x));
    const every = (expected: (y: number, x: number) => number) => {
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) if (!(Math.abs(at(y, x) - expected(y, x)) <= tolerance)) return false;
      return true;
    };
    // The same in all columns: a wave down the rows. In all rows: across. In both, it may be either.
    const candidates = [
      ...(every((y) => down[y]) ? candidatesOf(down, 'y', tolerance) : []),
      ...(every((_, x) => across[x]) ? candidatesOf(across, 'x', tolerance) : []),
    ];
    if (candidates.length === 0) return undefined;
    columns.push(candidates);
  }
  return columns;
}

/**
 * Chooses among candidates: sines and cosines of the same angles lie in tables beside each other, so a column that the grid
 * hides in one shows in the other.
 *
 * @param others candidates of the other tables of a graph, of as many columns
 * @returns undefined if a column stays unclear
 */
export function clearWaves(
  columns: readonly Candidates[],
  others: readonly (readonly Candidates[])[],
): Wave[] | undefined {
  const waves = columns.map((candidates, column) => {
    if (candidates.length === 1) return candidates[0];
    const beside = others.flatMap((table) => (table[column]?.length === 1 ? table[column] : []));
    const agreeing = candidates.filter(({ of, along, frequency }) =>
      beside.some((other) => {
        const gap = Math.abs(Math.abs(other.frequency) - Math.abs(frequency));
        return other.of !== of && other.along === along && gap <= SAME * Math.max(1, Math.abs(frequency));
      }),
    );
    if (agreeing.length === 1) return agreeing[0];
    // Standing still is the same along both axes.
    return candidates.every(({ of, frequency }) => of === candidates[0].of && frequency === 0)
      ? candidates[0]
      : undefined;
  });
  return waves.every((wave) => wave !== undefined) ? waves : undefined;
}

/** How near two frequencies are that are one. */
const SAME = 1e-2;

/** All waves of at most half a turn a cell that give the values at the middles of n cells. */
function candidatesOf(values: Float64Array, along: 'y' | 'x', tolerance: number): Wave[] {
  const n = values.length;
  if (n < 2) return [];
  const limit = (n * Math.PI) / 2 + 1e-3;
  // Neighbours next to the middle tell fast waves; slow ones hardly move there, and the edge tells them better.
  const guesses: Wave[] = [];
  for (const i of [Math.floor((n - 1) / 2) + 1, n - 1]) {
    const at = centred(i, n);
    const v = Math.min(Math.max(values[i], -1), 1);
    for (let turn = 0; turn <= n; turn++) {
      const around = 2 * Math.PI * turn;
      const cosines = [around + Math.acos(v), around - Math.acos(v)];
      const sines = [
        around + Math.asin(v),
        around + Math.PI - Math.asin(v),
        Math.asin(v) - around,
        -Math.PI - Math.asin(v) - around,
      ];
      guesses.push(...cosines.map((angle) => ({ of: 'cos' as const, along, frequency: Math.abs(angle / at) })));
      guesses.push(...sines.map((angle) => ({ of: 'sin' as const, along, frequency: angle / at })));
    }
  }
  const out: Wave[] = [];
  for (const guess of guesses.toSorted((a, b) => Math.abs(a.frequency) - Math.abs(b.frequency))) {
    if (Math.abs(guess.frequency) > limit) break;
    const wave = refined(guess, values);
    const { of, frequency } = wave;
    const fits = values.every((value, k) => Math.abs(Math[of](frequency * centred(k, n)) - value) <= tolerance);
    const known = out.some((other) => other.of === of && Math.abs(other.frequency - frequency) <= SAME);
    if (fits && !known) out.push(wave);
  }
  return out;
}

/** Gauss-Newton on the frequency: all cells together know it better than one does. */
function refined(wave: Wave, values: Float64Array): Wave {
  const n = values.length;
  let { frequency } = wave;
  for (let step = 0; step < 4; step++) {
    let [above, below] = [0, 0];
    for (let k = 0; k < n; k++) {
      const c = centred(k, n);
      const angle = frequency * c;
      const slope = wave.of === 'sin' ? c * Math.cos(angle) : -c * Math.sin(angle);
      above += slope * (values[k] - Math[wave.of](angle));
      below += slope * slope;
    }
    if (below < 1e-18) break;
    frequency += above / below;
  }
  // −0 and what rounding leaves of a wave that stands still.
  return { ...wave, frequency: Math.abs(frequency) < 1e-9 ? 0 : frequency };
}
