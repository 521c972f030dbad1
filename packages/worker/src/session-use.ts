/** How many images the threads of sessions hold, and in how much memory: each thread tells the main one after a job. */
import { BroadcastChannel, threadId } from 'node:worker_threads';
import { sessionBytes, sessionsOpen } from '@saltworks/telemetry/metrics';

const name = 'saltworks-session-use';

interface Use {
  thread: number;
  open: number;
  bytes: number;
}

/** In a thread. @returns tells what it holds now */
export function openReport(): (use: Omit<Use, 'thread'>) => void {
  const channel = new BroadcastChannel(name);
  channel.unref();
  return (use) => channel.postMessage({ thread: threadId, ...use } satisfies Use);
}

/** In the main thread. @param idleMs after which a thread without jobs has ended  @returns stops it */
export function observeSessions(idleMs: number): () => void {
  const uses = new Map<number, Use & { at: number }>();
  const channel = new BroadcastChannel(name);
  channel.unref();
  channel.onmessage = ({ data }: { data: Use }) => {
    uses.set(data.thread, { ...data, at: performance.now() });
  };
  const sum = (of: (use: Use) => number) => {
    for (const [thread, { at }] of uses) if (performance.now() - at > idleMs) uses.delete(thread);
    return [...uses.values()].reduce((sum, use) => sum + of(use), 0);
  };
  const stops = [
    sessionsOpen.observe(() => sum(({ open }) => open)),
    sessionBytes.observe(() => sum(({ bytes }) => bytes)),
    () => channel.close(),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
