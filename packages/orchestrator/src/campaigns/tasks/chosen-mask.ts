/** Which of the masks of an image counts: the consensus, else what was accepted, else what was handed in last. */

/** What was handed in. */
export interface HandedMask {
  state: string;
  mask: string | null;
  submitted: Date | null;
}

/** @returns the mask, if there is one, and whether it is the consensus, which says nothing of what came after it */
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
