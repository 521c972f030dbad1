/** Activities of the server that take long: they send heartbeats, and stop soon after the server is told to. */
import { Context } from '@temporalio/activity';

const BEAT_MS = 2_000;

export interface Beating {
  /** Aborted when somebody cancels the activity, and when the server closes: then another one takes it up. */
  signal: AbortSignal;
  /** Whether somebody cancelled it. */
  isCancelled(): boolean;
}

export async function withBeats<T>(work: (beating: Beating) => Promise<T>): Promise<T> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat(), BEAT_MS);
  try {
    return await work({
      signal: context.cancellationSignal,
      isCancelled: () => context.cancellationDetails?.cancelRequested === true,
    });
  } finally {
    clearInterval(timer);
  }
}

/** A promise that is not waited for any longer once the signal is aborted. @throws the signal's reason */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Once nobody waits for it, its failure is nobody's: left alone, it would end the process.
  promise.catch(() => {});
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
