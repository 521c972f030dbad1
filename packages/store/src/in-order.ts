/**
 * Maps with up to `concurrency` calls under way (asked for each anew, if it is a function), yielding in the order of the
 * input: reading ahead without running away.
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
      // A rejection is looked at in its turn; until then it is no unhandled one.
      result.catch(() => {});
      running.push(result);
      if (running.length >= most()) yield await (running.shift() as Promise<B>);
    }
    for (let next = running.shift(); next; next = running.shift()) yield await next;
  } finally {
    await Promise.allSettled(running);
  }
}
