/** Things that are costly to open and to keep: those that were used last stay open. */

interface Closable {
  close(): Promise<void>;
}

interface Held<T> {
  opening: Promise<T>;
  /** Calls under way. */
  uses: number;
}

export interface LastUsed<T> {
  /** Opens the thing of a name, unless it is open, and works with it; it stays open at least until the work is done. */
  use<Result>(name: string, open: () => Promise<T>, work: (open: T) => Result | Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** @param most idle ones beyond so many are closed, the one that was used longest ago first */
export function keepLastUsed<T extends Closable>(most: number): LastUsed<T> {
  const held = new Map<string, Held<T>>();
  const closeIdle = () => {
    for (const [name, { opening, uses }] of held) {
      if (held.size <= most) return;
      if (uses > 0) continue;
      held.delete(name);
      opening.then((open) => open.close()).catch(() => {});
    }
  };
  return {
    async use(name, open, work) {
      const one = held.get(name) ?? { opening: open(), uses: 0 };
      // Last in the order of the map.
      held.delete(name);
      held.set(name, one);
      one.uses++;
      try {
        return await work(
          await one.opening.catch((error) => {
            // What failed to open is tried anew next time.
            if (held.get(name) === one) held.delete(name);
            throw error;
          }),
        );
      } finally {
        one.uses--;
        closeIdle();
      }
    },
    async close() {
      for (const { opening } of held.values()) await (await opening.catch(() => undefined))?.close();
    },
  };
}
