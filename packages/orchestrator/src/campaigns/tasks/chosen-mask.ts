/** The mask of an image that counts: the consensus, else the accepted one, else the last submitted one. */

/** A submitted mask. */
export interface HandedMask {
  state: string;
  mask: string | null;
  submitted: Date | null;
}

/** @returns the mask, if any, and whether it is the consensus, which counts only while no mask is newer */
export function chooseMask(
  handed: readonly HandedMask[],
  made: { mask: string; made: Date } | undefined,
): { mask: string | null; consensus: boolean } {
  const current = handed.length > 0 && handed.every(({ submitted }) => !made || !submitted || submitted <= made.made);
  if (made && current) return { mask: made.mask, consensus: true };
  const ordered = handed
    .filter(({ mask }) => mask !== null)
    .sort(
      (a, b) =>
        Number(a.state === 'accepted') - Number(b.state === 'accepted') ||
        (a.submitted?.getTime() ?? 0) - (b.submitted?.getTime() ?? 0),
    );
  return { mask: ordered.at(-1)?.mask ?? null, consensus: false };
}
