/** What every process tells of itself: what runs, its memory, and how late its event loop is. */
import { buildInfo, eventLoopDelay, processMemory, processStart } from './metrics.ts';

const beatMs = 100;

/** @param role server or worker  @returns stops it */
export function observeProcess({ role, version }: { role: string; version: string }): () => void {
  let due = performance.now() + beatMs;
  const beat = setInterval(() => {
    const now = performance.now();
    eventLoopDelay.observe(Math.max(0, now - due) / 1000);
    due = now + beatMs;
  }, beatMs);
  beat.unref();
  const stops = [
    () => clearInterval(beat),
    buildInfo.observe(() => [{ labels: { version, role, node: process.version }, value: 1 }]),
    processStart.observe(() => performance.timeOrigin / 1000),
    processMemory.observe(() => {
      const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
      const kinds = { rss, heap: heapUsed, external, arrays: arrayBuffers };
      return Object.entries(kinds).map(([kind, value]) => ({ labels: { kind }, value }));
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
