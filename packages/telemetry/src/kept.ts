/** An answer that stands for a while, however many ask: a scrape must not cost more than it tells. */

/** @param ms for which an answer, or a failure, stands */
export function kept<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined;
  return () => {
    if (!last || performance.now() - last.at > ms) last = { at: performance.now(), answer: ask() };
    return last.answer;
  };
}
