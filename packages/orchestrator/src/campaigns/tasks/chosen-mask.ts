/**
 * The mask of an image that counts: of the consensus, else of the accepted strokes, else of those that were submitted last. Of
 * these strokes it is the mask that the current build has, else the one that they were answered with.
 */

/** A submitted mask. */
export interface HandedMask {
  /** Of the assignment. */
  id: string;
  user_id: string;
  /** Interactions that it is made of. */
  n: number;
  state: string;
  mask: string | null;
  submitted: Date | null;
}

/** A consensus, and the weights of its annotators by their accounts. */
export interface Together {
  mask: string;
  made: Date;
  weights: Readonly<Record<string, number>>;
}

/** A drawing: an assignment's first n interactions, their weight in a consensus. */
export interface Drawn {
  assignment?: string;
  n?: number;
  weight?: number;
}

/**
 * Names strokes, so that a mask of the same strokes is known for one.
 *
 * @returns undefined where the strokes are not known
 */
export function drawnOf(drawings: readonly Drawn[], consensus: boolean): string | undefined {
  if (drawings.length === 0 || drawings.some(({ assignment }) => assignment === undefined)) return undefined;
  if (!consensus) return `${drawings[0].assignment}:${drawings[0].n}`;
  const each = drawings.map(({ assignment, n, weight = 1 }) => `${assignment}:${n}:${weight}`);
  return `consensus ${each.sort().join(' ')}`;
}

export interface Chosen<Handed extends HandedMask> {
  mask: string | null;
  /** It is the consensus, which counts only while no mask is newer. */
  consensus: boolean;
  /** What it is made of, in the order of the accounts; of a consensus only what is still submitted. */
  of: Handed[];
}

/** @returns the mask that the strokes were answered with, if any */
export function chooseMask<Handed extends HandedMask>(
  handed: readonly Handed[],
  together: Together | undefined,
): Chosen<Handed> {
  const current =
    handed.length > 0 && handed.every(({ submitted }) => !together || !submitted || submitted <= together.made);
  if (together && current) {
    const of = handed
      .filter(({ user_id }) => Object.hasOwn(together.weights, user_id))
      .sort((a, b) => (a.user_id < b.user_id ? -1 : 1));
    return { mask: together.mask, consensus: true, of };
  }
  const ordered = handed
    .filter(({ mask }) => mask !== null)
    .sort(
      (a, b) =>
        Number(a.state === 'accepted') - Number(b.state === 'accepted') ||
        (a.submitted?.getTime() ?? 0) - (b.submitted?.getTime() ?? 0),
    );
  const last = ordered.at(-1);
  return { mask: last?.mask ?? null, consensus: false, of: last ? [last] : [] };
}

/** The strokes of a chosen mask, as `drawnOf` names them. */
export const strokesOf = ({ of, consensus }: Chosen<HandedMask>, together: Together | undefined): string | undefined =>
  drawnOf(
    of.map(({ id, user_id, n }) => ({ assignment: id, n, weight: together?.weights[user_id] })),
    consensus,
  );

/** @param built the current build's mask of the image */
export function shownMask(
  chosen: Chosen<HandedMask>,
  together: Together | undefined,
  built: { mask: string; drawn: string } | undefined,
): string | null {
  return built && built.drawn === strokesOf(chosen, together) ? built.mask : chosen.mask;
}
