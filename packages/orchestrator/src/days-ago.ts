const dayMs = 86_400_000;

/** The moment so many days before now: what is older may go. */
export const daysAgo = (days: number): Date => new Date(Date.now() - days * dayMs);
