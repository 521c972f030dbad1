/**
 * Rotary positions that an export baked at its own size. A table is proved by its values: where every column is a sine or
 * cosine of an angle linear in the normalised, centred rows or columns (DINOv3), it is rebuilt for any grid; otherwise it is
 * not understood.
 */
import { centred, type Wave } from './positions.ts';

/** Rounding of a float32 table, or of a float16 one. */
const TOLERANCE = { single: 2e-5, half: 2e-3 };
/** Radians from the middle to the edge: more turns than a grid of export size can show. */
const MAX_TURNS = 8;

/**
 * Reads the waves off a table.
 *
 * @param table h · w × d row-major, patches in row-major order
 * @returns a wave for each column; undefined if any column is none
 */
export function wavesOf(
  table: Float32Array,
  { h, w, d, half = false }: { h: number; w: number; d: number; half?: boolean },
): Wave[] | undefined {
  const tolerance = half ? TOLERANCE.half : TOLERANCE.single;
  const waves: Wave[] = [];
  for (let column = 0; column < d; column++) {
    const at = (y: number, x: number) => table[(y * w + x) * d + column];
    const down = Float64Array.from({ length: h }, (_, y) => at(y, 0));
    const across = Float64Array.from({ length: w }, (_, x) => at(0, x));
    const every = (expected: (y: number, x: number) => number) => {
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) if (!(Math.abs(at(y, x) - expected(y, x)) <= tolerance)) return false;
      return true;
    };
    // The same in all columns: a wave down the rows. In all rows: across.
    const along = every((y) => down[y]) ? 'y' : every((_, x) => across[x]) ? 'x' : undefined;
    const wave = along && waveOf(along === 'y' ? down : across, along, tolerance);
    if (!wave) return undefined;
    waves.push(wave);
  }
  return waves;
}

/** Fits one wave to values at the middles of n cells; the slowest that fits, as a grid cannot tell it from faster ones. */
function waveOf(values: Float64Array, along: 'y' | 'x', tolerance: number): Wave | undefined {
  const n = values.length;
  if (n < 2) return undefined;
  // Two neighbours nearest to the middle give the angle between cells up to whole turns and sign.
  const i = Math.floor((n - 1) / 2);
  const at = centred(i + 1, n);
  const v = Math.min(Math.max(values[i + 1], -1), 1);
  // Slow waves hardly move near the middle: the edge tells them better.
  const edge = Math.min(Math.max(values[n - 1], -1), 1);
  const candidates: Wave[] = [
    { of: 'cos', along, frequency: Math.acos(edge) / centred(n - 1, n) },
    { of: 'sin', along, frequency: Math.asin(edge) / centred(n - 1, n) },
  ];
  for (let turn = 0; turn <= MAX_TURNS; turn++) {
    for (const sign of [1, -1]) {
      candidates.push({ of: 'cos', along, frequency: (2 * Math.PI * turn + sign * Math.acos(v)) / at });
      candidates.push({ of: 'sin', along, frequency: (2 * Math.PI * turn + Math.asin(v)) / at });
      candidates.push({ of: 'sin', along, frequency: (2 * Math.PI * turn + Math.PI - Math.asin(v)) / at });
      candidates.push({ of: 'sin', along, frequency: (Math.asin(v) - 2 * Math.PI * turn) / at });
    }
  }
  return candidates
    .filter(({ of, frequency }) => of === 'sin' || frequency >= 0)
    .toSorted((a, b) => Math.abs(a.frequency) - Math.abs(b.frequency))
    .map((wave) => refined(wave, values))
    .find(({ of, frequency }) =>
      values.every((value, k) => Math.abs(Math[of](frequency * centred(k, n)) - value) <= tolerance),
    );
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
  return { ...wave, frequency };
}
