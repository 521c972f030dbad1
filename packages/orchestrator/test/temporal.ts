/** Temporal's development server for tests, as in the embedded stack, without its log. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSettings } from '@saltworks/cli/settings';
import { freePort, spawnTemporal, temporalBinary, waitForTemporal } from '@saltworks/cli/stack/temporal';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A server of its own. The SDK's `createLocal` allows five seconds for its start, too few on a busy machine. */
export async function openTemporal(): Promise<TestWorkflowEnvironment> {
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} };
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
  const binary = await temporalBinary(readSettings({ SALTWORKS_HOME: join(root, '.saltworks'), ...process.env }));
  const { address, stop } = await startServer(binary);
  const environment = await TestWorkflowEnvironment.createFromExistingServer({ address, namespace: 'default' });
  const disconnect = environment.teardown.bind(environment);
  environment.teardown = async () => {
    await disconnect();
    await stop();
  };
  return environment;
}

/** Another process may take the free port before the server does; then the server ends at once. */
async function startServer(binary: string, tries = 3): Promise<{ address: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-temporal-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const child = spawnTemporal(binary, { home: folder, env: process.env }, port);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit');
  const stop = async () => {
    kill();
    await ended;
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  };
  const ready = await Promise.race([waitForTemporal(address, 60_000).then(() => true), ended.then(() => false)]);
  if (ready && child.exitCode === null) return { address, stop };
  await stop();
  if (tries <= 1) throw new Error(`temporal ended with code ${child.exitCode}; expected it to run at ${address}`);
  return startServer(binary, tries - 1);
}
