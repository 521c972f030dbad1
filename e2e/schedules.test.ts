import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { runSteps, stepsOf } from './document.ts';
import type { Stack } from './drawn-campaign.ts';
import { root } from './saltworks.ts';

const steps = stepsOf(readFileSync(join(root, 'docs/schedules.md'), 'utf8'));
const sections = [...new Set(steps.map(({ section }) => section))];

describe('docs/schedules.md', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'saltworks-schedules-'));
  const ids = new Map<string, string>();
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    symlinkSync(join(root, 'saltworks'), join(cwd, 'saltworks'));
    cpSync(join(root, 'examples/images'), join(cwd, 'photos'), { recursive: true });
    stack.run('dataset', 'import', join(cwd, 'photos'), '--name', 'pets');
  });
  afterAll(async () => {
    await stack?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  test.each(sections)('%s: its commands print what it says', async (section) => {
    const wanted = steps.filter((step) => step.section === section);
    await runSteps(wanted, { cwd, env: { SALTWORKS_HOME: stack.home }, ids });
  });
});
