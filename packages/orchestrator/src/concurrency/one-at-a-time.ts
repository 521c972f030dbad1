/** Work on topics, one piece at a time for each topic. */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface OneAtATime {
  /** Works on a topic; if work is under way, once more after it. Resolves when no work on the topic is left. */
  run(topic: string): Promise<void>;
  busy(topic: string): boolean;
  /** Resolves once no work is under way. */
  settled(): Promise<unknown>;
}

type Within = ReturnType<typeof AsyncLocalStorage.snapshot>;

/** @param work takes a topic, and a function that tells whether it was asked for again; a failure drops that request, too */
export function oneAtATime(work: (topic: string, again: () => boolean) => Promise<void>): OneAtATime {
  const running = new Map<string, { again: boolean; within: Within; done: Promise<void> }>();
  return {
    run(topic) {
      const found = running.get(topic);
      if (found) {
        found.again = true;
        found.within = AsyncLocalStorage.snapshot();
        return found.done;
      }
      const state = { again: true, within: AsyncLocalStorage.snapshot(), done: Promise.resolve() };
      running.set(topic, state);
      const through = async () => {
        try {
          while (state.again) {
            state.again = false;
            // Whoever asked last is answered: the work is a step of theirs.
            await state.within(() => work(topic, () => state.again));
          }
        } finally {
          // In the same step as the last look, so that later requests start anew.
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
