/** A limit on work under way at the same time. */

/** @returns a function that starts work, in the order of calls, as soon as fewer than `most` others are under way */
export function slots(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The next one takes over the slot.
      if (next) next();
      else free++;
    }
  };
}
