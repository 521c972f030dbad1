/** Waits that an AbortSignal ends at once. */
import { setMaxListeners } from 'node:events';

/** Settles as the promise does, or rejects with the signal's reason as soon as the signal aborts. */
export async function orAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  // One signal may end many calls at once; Node takes eleven listeners for a leak.
  setMaxListeners(0, signal);
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener('abort', abort!);
  }
}

/** The same chunks; throws the signal's reason as soon as the signal aborts, even if the source hangs. */
export async function* untilAborted<T>(chunks: AsyncIterable<T>, signal?: AbortSignal): AsyncGenerator<T, void> {
  const iterator = chunks[Symbol.asyncIterator]();
  let ended = false;
  try {
    while (true) {
      const next = await orAborted(iterator.next(), signal);
      ended = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a source that hangs would not return either.
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
