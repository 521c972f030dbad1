// Timing: contenders take turns, so that other load on the machine affects all of them alike.

/** Milliseconds that a function takes. */
export function clock(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/**
 * Lets contenders take turns, one repeat each, after an uncounted turn that compiles code.
 *
 * @param contenders functions that time themselves: they return a number, or a promise of one
 * @param limits repeats: at most; seconds: no turn begins after these
 * @returns each contender's numbers, sorted
 */
export async function takeTurns(contenders, { repeats, seconds = Number.POSITIVE_INFINITY, warmUps = 1 }) {
  const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let i = 0; i < warmUps; i++) for (const once of Object.values(contenders)) await once();
  const start = performance.now();
  for (let i = 0; i < repeats; i++) {
    if (i > 0 && performance.now() - start > 1000 * seconds) break;
    for (const [name, once] of Object.entries(contenders)) results[name].push(await once());
  }
  for (const values of Object.values(results)) values.sort((a, b) => a - b);
  return results;
}

export const median = (sorted) => sorted[(sorted.length - 1) >> 1];

export const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];

/** Rounds to three figures: the rest is noise. */
export const round = (value) => Number(value.toPrecision(3));

/**
 * A row of the bench's JSON.
 *
 * @param ours sorted numbers, as `peer`
 * @param about name, peer_name, unit (a rate if it is `…/s`), and the input
 */
export function row(ours, peer, { name, peer_name, unit = 'ms', ...about }) {
  const [a, b] = [median(ours), median(peer)];
  return {
    name,
    ours: round(a),
    peer: round(b),
    peer_name,
    unit,
    ratio: round(unit.endsWith('/s') ? a / b : b / a),
    ...about,
    ours_range: [round(ours[0]), round(ours.at(-1))],
    peer_range: [round(peer[0]), round(peer.at(-1))],
    repeats: ours.length,
  };
}

/** The largest difference between two answers `[n, c]`, and the share of rows with the same best label. */
export function agreement(ours, theirs, c) {
  let apart = 0;
  let same = 0;
  for (let o = 0; o < ours.length; o += c) {
    let [a, b] = [0, 0];
    for (let k = 0; k < c; k++) {
      apart = Math.max(apart, Math.abs(ours[o + k] - theirs[o + k]));
      if (ours[o + k] > ours[o + a]) a = k;
      if (theirs[o + k] > theirs[o + b]) b = k;
    }
    if (a === b) same++;
  }
  return { apart: round(apart), same: same / (ours.length / c) };
}
