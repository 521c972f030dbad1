// A thread for tests of pools, which succeeds or fails as its jobs say. Threads run the built package.
import { answerJobs } from '@saltworks/backbone/threads/thread';
import { InvalidInputError } from '@saltworks/contract/errors';

let jobs = 0;
const held = [];

answerJobs(async ({ what, bytes, ms, count }) => {
  jobs++;
  const now = count ? Atomics.add(count, 0, 1) + 1 : 0;
  if (count && now > Atomics.load(count, 1)) Atomics.store(count, 1, now);
  if (what === 'die') process.exit(3);
  if (what === 'throw') throw new Error('broken');
  if (what === 'refuse') throw new InvalidInputError('no good');
  if (what === 'reject unseen') void Promise.reject(new Error('nobody looked'));
  if (what === 'run out of memory') for (;;) held.push(Array.from({ length: 1e6 }, () => ({})));
  for (const end = Date.now() + (ms ?? 0); Date.now() < end; );
  if (count) Atomics.sub(count, 0, 1);
  if (what === 'reject unseen') await new Promise(() => {});
  if (!bytes) return { result: { jobs } };
  return { result: { jobs, bytes }, move: [bytes.buffer] };
});
