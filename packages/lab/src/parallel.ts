/** Several at a time, begun in order. The first error ends it. */
export async function inParallel<T>(
  count: number,
  values: readonly T[],
  work: (value: T, at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let broken = false;
  const one = async () => {
    while (next < values.length && !broken) {
      const at = next++;
      try {
        await work(values[at], at);
      } catch (error) {
        broken = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(count, values.length) }, one));
  const first = ended.find((each) => each.status === 'rejected');
  if (first) throw first.reason;
}
