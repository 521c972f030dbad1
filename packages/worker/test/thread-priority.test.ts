import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

/** Of the calling thread: 0 is usual, 19 the least urgent. The nineteenth field, counted behind the name in brackets. */
const niceOf = (stat: string) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);

test.runIf(process.platform === 'linux')('a thread that yields is less urgent, and no other is', async () => {
  const before = niceOf(readFileSync('/proc/thread-self/stat', 'utf8'));
  const code = `
    import { readFileSync } from 'node:fs';
    import { parentPort } from 'node:worker_threads';
    import { yieldToOthers } from '${import.meta.resolve('@saltworks/worker/thread-priority')}';
    yieldToOthers();
    parentPort.postMessage(readFileSync('/proc/thread-self/stat', 'utf8'));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  const stat = await new Promise<string>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await worker.terminate();
  expect(niceOf(stat)).toBe(Math.max(before, 10));
  expect(niceOf(readFileSync('/proc/thread-self/stat', 'utf8'))).toBe(before);
});
