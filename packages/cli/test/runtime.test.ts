// What Temporal's own code tells, in a process as roles have it.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSettings } from '@saltworks/cli/settings';
import { installRuntime } from '@saltworks/cli/stack/runtime';
import { freePort, spawnTemporal, temporalBinary, waitForTemporal } from '@saltworks/cli/stack/temporal';
import { queues } from '@saltworks/contract/messages/queues';
import { openWorkflows } from '@saltworks/orchestrator/server';
import { openLog } from '@saltworks/telemetry/log';
import { workflowTaskFailures } from '@saltworks/telemetry/metrics';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('a step of a workflow that fails is counted, and logged with the id of its run', async () => {
  const home = mkdtempSync(join(tmpdir(), 'saltworks-runtime-'));
  const lines: string[] = [];
  const format = 'json' as const;
  const log = openLog('server', { format, level: 'info', write: (line) => lines.push(line) });
  installRuntime({ log: { format, level: 'info' } }, log);
  const binary = await temporalBinary(readSettings({ SALTWORKS_HOME: join(root, '.saltworks'), ...process.env }));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const temporal = spawnTemporal(binary, { home, env: process.env }, port);
  const ended = once(temporal, 'exit');
  try {
    await waitForTemporal(address);
    const [native, connection] = [await NativeConnection.connect({ address }), await Connection.connect({ address })];
    const worker = await openWorkflows({ connection: native, namespace: 'default' });
    const working = worker.run();
    const client = new Client({ connection });
    // As a server does with a workflow of a later version.
    const args = { taskQueue: queues.workflows, workflowId: 'one-that-fails' };
    const run = await client.workflow.start('unheardOf', args);
    const failures = async () => (await workflowTaskFailures.get()).values[0].value;
    await expect.poll(failures, { timeout: 40_000 }).toBeGreaterThan(0);
    // The line may come a little after the count.
    const told = () => lines.map((line) => JSON.parse(line)).filter(({ run: id }) => id === run.firstExecutionRunId);
    await expect
      .poll(told)
      .toContainEqual(
        expect.objectContaining({ level: 'error', role: 'server', error: expect.objectContaining({ name: 'Error' }) }),
      );
    expect(lines.join('')).not.toContain('stack');
    await run.terminate();
    worker.shutdown();
    await working;
    await connection.close();
    await native.close();
  } finally {
    temporal.kill('SIGKILL');
    await ended;
    rmSync(home, { recursive: true, force: true });
  }
});
