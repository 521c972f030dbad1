import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { doors, passersBy } from './messages.ts';

const packages = new URL('../packages/', import.meta.url).pathname;
const sources = readdirSync(packages)
  .flatMap((name) => readdirSync(join(packages, name, 'src'), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
  .map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { file: path.slice(packages.length), text: readFileSync(path, 'utf8') };
  });

describe('messages between processes', () => {
  test('go through their doors', () => {
    expect(passersBy(sources)).toEqual([]);
  });

  test('have doors that are in use', () => {
    for (const { raw, only } of doors) expect(sources.find(({ file }) => file === only)?.text, only).toMatch(raw);
  });
});

describe('the check itself', () => {
  test.each([
    ['orchestrator/src/runs/a.ts', `await client.workflow.start('extractDataset', { args: [input] });`],
    ['orchestrator/src/campaigns/a.ts', `const answer = await handle.executeUpdate('refine', { args: [{ n: 1 }] });`],
    ['cli/src/a.ts', `client.workflow.getHandle(id).query<Progress>('progress')`],
    ['orchestrator/src/workflows/a.ts', `setHandler(defineSignal('close'), () => {});`],
    ['worker/src/a.ts', `const last: Position = Context.current().info.heartbeatDetails;`],
    ['contract/src/messages/a.ts', `return answer as any;`],
    [
      'orchestrator/src/server.ts',
      `const worker = await Worker.create({ connection, activities: { ...activities } });`,
    ],
  ])('finds what is planted in %s: %s', (file, text) => {
    expect(passersBy([{ file, text }])).toEqual([expect.stringContaining(file)]);
  });

  test.each([
    ['orchestrator/src/runs/a.ts', `await startWorkflow(client, extractDataset, input, { workflowId });`],
    ['orchestrator/src/runs/a.ts', `for await (const run of client.workflow.list({ query })) found.push(run);`],
    ['worker/src/a.ts', `Worker.create({ connection, activities: receiving(workerActivities, activities) })`],
    ['orchestrator/src/a.ts', `Worker.create({ connection, workflowBundle })`],
  ])('lets %s be: %s', (file, text) => {
    expect(passersBy([{ file, text }])).toEqual([]);
  });
});
