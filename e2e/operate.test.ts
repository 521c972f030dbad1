import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCampaign, startStack } from '../bench/stack.mjs';
import { checks } from '../packages/cli/src/doctor/doctor.ts';
import { runSteps, stepsOf } from './document.ts';
import type { Stack } from './drawn-campaign.ts';
import { root } from './saltworks.ts';

const text = readFileSync(join(root, 'docs/operate.md'), 'utf8');
const steps = stepsOf(text);
const sections = [...new Set(steps.map(({ section }) => section))];

describe('docs/operate.md', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'saltworks-operate-'));
  const ids = new Map<string, string>();
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    for (const name of ['saltworks', 'examples']) symlinkSync(join(root, name), join(cwd, name));
    await openCampaign(stack, { id: 'pans', images: join(root, 'examples/images') });
  }, 300_000);
  afterAll(async () => {
    await stack?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  test.each(sections)('%s: its commands print what it says', async (section) => {
    const env = { SALTWORKS_HOME: stack.home, SALTWORKS_URL: stack.url };
    await runSteps(
      steps.filter((step) => step.section === section),
      { cwd, env, ids },
    );
  });
});

test('docs/operate.md explains every code of the doctor', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  const told = rows.join('\n');
  expect(Object.keys(checks).filter((code) => !told.includes(`\`${code}\``))).toEqual([]);
});
