/** The server: runs the workflows. */
import { fileURLToPath } from 'node:url';
import { queues } from '@saltworks/core/contract/queues';
import { type NativeConnection, Worker } from '@temporalio/worker';

/** @returns `run` resolves once `shutdown` was called and what was under way is settled */
export async function openServer({ connection, namespace }: { connection: NativeConnection; namespace: string }) {
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: queues.workflows,
    workflowBundle: { codePath: fileURLToPath(new URL('./workflow-bundle.js', import.meta.url)) },
    // After a server dies, its workflows wait this long for it before another one takes them.
    stickyQueueScheduleToStartTimeout: '2 seconds',
  });
  return {
    run: () => worker.run(),
    shutdown() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}
