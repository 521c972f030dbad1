/** Work on topics, one thing at a time for each. */

export interface OneAtATime {
  /** Has a topic worked on; if it is already, once more after that. @returns when nothing is left to do there */
  run(topic: string): Promise<void>;
  busy(topic: string): boolean;
  /** Resolves once all that runs is through. */
  settled(): Promise<unknown>;
}

/** @param work given a topic, and what tells whether it was asked for meanwhile; a failure drops that, too */
export function oneAtATime(work: (topic: string, again: () => boolean) => Promise<void>): OneAtATime {
  const running = new Map<string, { again: boolean; done: Promise<void> }>();
  return {
    run(topic) {
      const found = running.get(topic);
      if (found) {
        found.again = true;
        return found.done;
      }
      const state = { again: true, done: Promise.resolve() };
      running.set(topic, state);
      const through = async () => {
        try {
          while (state.again) {
            state.again = false;
            await work(topic, () => state.again);
          }
        } finally {
          // In the same step as the last look: what comes from now on begins anew.
          running.delete(topic);
        }
      };
      state.done = through();
      return state.done;
    },
    busy: (topic) => running.has(topic),
    settled: () => Promise.allSettled([...running.values()].map(({ done }) => done)),
  };
}
