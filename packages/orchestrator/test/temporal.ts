/** Temporal's development server for tests, as the embedded stack has it, and what it says kept quiet. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporalBinary } from '@saltworks/cli/stack/temporal';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export async function openTemporal(): Promise<TestWorkflowEnvironment> {
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} };
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
  const path = await temporalBinary(process.env.SALTWORKS_HOME ?? join(root, '.saltworks'));
  return TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path }, log: { format: 'pretty', level: 'error' } },
  });
}
