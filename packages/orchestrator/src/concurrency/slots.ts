/** So much at the same time, and not more. */

/** @returns does work as soon as fewer than `most` others are under way, in the order of the calls */
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
      // Whoever comes next has the slot already.
      if (next) next();
      else free++;
    }
  };
}
