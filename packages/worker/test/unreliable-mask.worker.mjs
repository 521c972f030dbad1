// A thread of masks that dies or hangs in the middle of as many jobs as the test says, and else does its work. As built.
import { getEnvironmentData, parentPort } from 'node:worker_threads';
import '@saltworks/worker/mask.worker';

const { what, left } = getEnvironmentData('unreliable');

// After the other listener, which has begun by then.
parentPort.on('message', () => {
  if (Atomics.sub(left, 0, 1) <= 0) return;
  if (what === 'die') process.exit(9);
  while (what === 'hang');
});
