import { annotateImage } from '@saltworks/contract/messages/annotate';
import { extractDataset } from '@saltworks/contract/messages/runs';
import { findWorkflow, startWorkflow } from '@saltworks/orchestrator/temporal/workflows';
import type { Client } from '@temporalio/client';
import { expect, test, vi } from 'vitest';

/** A client whose workflows give one answer to everything. */
function clientOf(answer: unknown) {
  const handle = {
    result: vi.fn(async () => answer),
    query: vi.fn(async () => answer),
    executeUpdate: vi.fn(async () => answer),
    signal: vi.fn(async () => {}),
  };
  const start = vi.fn(async () => handle);
  return { handle, start, client: { workflow: { start, getHandle: () => handle } } as unknown as Client };
}

const tally = { images: 3, done: 1, cached: 1, failed: 1 };

test('a workflow is started under the type of its definition, on the queue of workflows', async () => {
  const { client, start } = clientOf(tally);
  const input = { dataset: 'd', window: 2, extract: { backbone: 'b', facet: 'key' } } as const;
  const run = await startWorkflow(client, extractDataset, input, { workflowId: 'w' });
  expect(start).toHaveBeenCalledWith('extractDataset', {
    ...{ workflowId: 'w', taskQueue: 'saltworks-workflows', args: [input] },
  });
  expect(await run.result()).toBe(tally);
});

test('updates, signals and queries go out under their names on the wire', async () => {
  const answer = {
    n: 1,
    mask: 'm',
    uncertainty: null,
    ms: 3,
    ...tally,
    total: 9,
    shards: 3,
    shardsDone: 1,
    paused: false,
  };
  const { client, handle } = clientOf(answer);
  const assignment = findWorkflow(client, annotateImage, 'annotate/a');
  expect(await assignment.update('refine', { n: 1 }, { updateId: 'u' })).toBe(answer);
  expect(handle.executeUpdate).toHaveBeenCalledWith('refine', { updateId: 'u', args: [{ n: 1 }] });
  await assignment.signal('renew', 5);
  await assignment.signal('close');
  expect(handle.signal.mock.calls).toEqual([['renew', 5], ['close']]);
  expect(await findWorkflow(client, extractDataset, 'w').query('progress')).toBe(answer);
  expect(handle.query).toHaveBeenCalledWith('progress');
});

test('an answer of another form is refused where it arrives', async () => {
  const { client } = clientOf({ images: 'three' });
  const run = findWorkflow(client, extractDataset, 'w');
  await expect(run.result()).rejects.toThrow(/^result of extractDataset\.images: .*expected number/);
  await expect(run.query('progress')).rejects.toThrow(TypeError);
  const assignment = findWorkflow(client, annotateImage, 'annotate/a');
  await expect(assignment.update('propagate', { n: 1 }, { updateId: 'u' })).rejects.toThrow(TypeError);
});
