// A thread of sessions that dies of as many label jobs as the test says, and else does its work. As built.
import { getEnvironmentData, parentPort } from 'node:worker_threads';
import '@saltworks/worker/session.worker';

const left = getEnvironmentData('jobs until death');

parentPort.on('message', ({ kind }) => {
  if (kind === 'labels' && Atomics.load(left, 0) > 0) {
    Atomics.sub(left, 0, 1);
    process.exit(9);
  }
});
