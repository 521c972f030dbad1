/** Build step: bundles the workflows, so that the server need not at every start. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('./workflows/all.js', import.meta.url)),
  workflowInterceptorModules: ['store-header', 'trace-header'].map((name) =>
    fileURLToPath(new URL(`./workflows/${name}.js`, import.meta.url)),
  ),
  logger: { ...console, trace() {}, debug() {}, info() {}, log() {} } as never,
});
await writeFile(new URL('./workflow-bundle.js', import.meta.url), code);
