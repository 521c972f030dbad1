/**
 * Maps items with up to `concurrency` calls at a time, and yields the results in the order of the items. A `concurrency`
 * that is a function is called anew for each item.
 */
export async function* inOrder<A, B>(
  items: AsyncIterable<A> | Iterable<A>,
  concurrency: number | (() => number),
  map: (item: A) => Promise<B>,
): AsyncGenerator<B> {
  const most = typeof concurrency === 'number' ? () => concurrency : concurrency;
  const running: Promise<B>[] = [];
  try {
    for await (const item of items) {
      const result = map(item);
      // A rejection is handled in its turn; until then it must not count as unhandled.
      result.catch(() => {});
      running.push(result);
      if (running.length >= most()) yield await (running.shift() as Promise<B>);
    }
    for (let next = running.shift(); next; next = running.shift()) yield await next;
  } finally {
    await Promise.allSettled(running);
  }
}
