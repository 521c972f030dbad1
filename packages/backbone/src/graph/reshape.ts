/** Reads a Reshape: which lengths of its input make up each length of its output. */
import {
  constant,
  formulaOf,
  isConstant,
  type Length,
  MAX_PREFIX,
  product,
  SAMPLES,
  type Samples,
  same,
  times,
} from './length.ts';

/** Most combinations to try within a group. */
const MAX_CHOICES = 4096;

/**
 * The output's lengths, found by lining up both shapes at the size of the export: runs of axes with equal products belong
 * together, and what follows the image on one side follows it on the other.
 *
 * @param input lengths of the input
 * @param native the output's shape at the first sample, every entry given
 * @returns undefined if the shapes do not line up, or in more ways than one
 */
export function reshapedLengths(
  input: readonly Length[],
  native: readonly number[],
  samples: Samples,
): Length[] | undefined {
  const out: Length[] = [];
  for (const { from, to } of runs(input, native) ?? []) {
    const lengths = shared(from, to, samples);
    if (!lengths) return undefined;
    out.push(...lengths);
  }
  return out.length === native.length ? out : undefined;
}

/** Shortest runs of axes with equal products on both sides. */
function runs(input: readonly Length[], native: readonly number[]) {
  const all: { from: Length[]; to: number[] }[] = [];
  let [i, j] = [0, 0];
  while (i < input.length || j < native.length) {
    const run = { from: input.slice(i, i + 1), to: native.slice(j, j + 1) };
    let [left, right] = [input[i++]?.[0] ?? 1, native[j++] ?? 1];
    while (left !== right) {
      if (left < right ? i >= input.length : j >= native.length) return undefined;
      if (left < right) {
        left *= input[i][0];
        run.from.push(input[i++]);
      } else {
        right *= native[j];
        run.to.push(native[j++]);
      }
    }
    // Axes of one at either end belong to the run before.
    const before = all.at(-1);
    if (before && (run.from.length === 0 || run.to.length === 0)) {
      before.from.push(...run.from);
      before.to.push(...run.to);
    } else all.push(run);
  }
  return all;
}

/** Shares the product of some lengths out over entries, given by their numbers at the first sample. */
function shared(from: readonly Length[], to: readonly number[], samples: Samples): Length[] | undefined {
  const whole = product(from);
  if (to.length === 0) return whole.every((n) => n === 1) ? [] : undefined;
  if (to.length === 1) return [whole];
  if (isConstant(whole)) return to.map(constant);
  const alike = from.length === to.length && from.every(([n], i) => n === to[i]);
  if (alike) return [...from];
  const choices = to.map((n) => choicesOf(n, from, samples));
  if (choices.reduce((count, { length }) => count * length, 1) > MAX_CHOICES) return undefined;
  const fitting = combinations(choices).filter((lengths) => same(product(lengths), whole));
  const [first, ...others] = fitting;
  // Rows come before columns, and a batch of one before other ones.
  return first && others.every((other) => harmless(first, other, samples)) ? first : undefined;
}

function harmless(a: readonly Length[], b: readonly Length[], samples: Samples): boolean {
  return a.every((length, i) => {
    const [one, other] = [formulaOf(length, samples), formulaOf(b[i], samples)];
    const side = (of?: string) => of === 'h' || of === 'w';
    return one?.of === other?.of || (side(one?.of) && side(other?.of)) || (length[0] === 1 && b[i][0] === 1);
  });
}

/** What an entry may stand for: a length of the input, one that follows the image, or just its number. */
function choicesOf(n: number, from: readonly Length[], samples: Samples): Length[] {
  const { batch, h, w, patches } = samples;
  const out: Length[] = [];
  const offer = (length: Length) => {
    if (length[0] === n && !out.some((known) => same(known, length))) out.push(length);
  };
  for (const length of from) offer(length);
  offer(times(batch, constant(n)));
  for (const side of [h, w]) {
    offer(side);
    if (n % side[0] === 0) offer(times(side, constant(n / side[0])));
  }
  const more = n - patches[0];
  if (more >= 0 && more <= MAX_PREFIX) {
    const tokens = patches.map((count) => count + more);
    offer(tokens);
    offer(times(batch, tokens));
  }
  if (n % patches[0] === 0) offer(times(patches, constant(n / patches[0])));
  offer(constant(n));
  return out;
}

function combinations(choices: readonly (readonly Length[])[]): Length[][] {
  return choices.reduce<Length[][]>(
    (before, each) => before.flatMap((begun) => each.map((length) => [...begun, length])),
    [[]],
  );
}

/**
 * The lengths that a Reshape's target gives as it stands.
 *
 * @param target its values; 0 copies a length of the input unless `allowZero`, −1 is what remains
 * @returns undefined if they do not hold the input's values at the size of the export
 */
export function statedLengths(
  input: readonly Length[],
  target: readonly Length[],
  allowZero: boolean,
): Length[] | undefined {
  const copied = target.map((entry, i) =>
    entry.map((n, s) => (n === 0 && !allowZero ? (input[i]?.[s] ?? Number.NaN) : n)),
  );
  const rest = copied.findIndex(([n]) => n === -1);
  const whole = product(input);
  if (rest >= 0) {
    const others = product(copied.filter((_, i) => i !== rest));
    copied[rest] = Array.from({ length: SAMPLES }, (_, s) => whole[s] / others[s]);
  }
  return product(copied)[0] === whole[0] && copied.every(([n]) => Number.isInteger(n)) ? copied : undefined;
}
