import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toInt8 } from '@saltworks/backbone/precision/int8';
import { hasIntegerProducts } from '@saltworks/backbone/precision/processor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite, startStack } from '../bench/stack.mjs';
import { type Annotator, signIn } from './annotator.ts';
import { runSteps, stepsOf } from './document.ts';
import { drawNext, type Stack } from './drawn-campaign.ts';
import { root } from './saltworks.ts';

const steps = stepsOf(readFileSync(join(root, 'docs/relabel.md'), 'utf8'));
const sections = [...new Set(steps.map(({ section }) => section))];

const exact = hasIntegerProducts();
describe.skipIf(!exact)(`docs/relabel.md${exact ? '' : ' (skipped: eight bits overflow on this processor)'}`, () => {
  const cwd = mkdtempSync(join(tmpdir(), 'saltworks-story-'));
  const ids = new Map<string, string>();
  let stack: Stack;
  let people: Annotator[];

  beforeAll(async () => {
    stack = await startStack({ SALTWORKS_WEBHOOK_HOSTS: 'hooks.example.org' });
    for (const name of ['saltworks', 'examples']) symlinkSync(join(root, name), join(cwd, name));
    // What stands for downloads: the default backbone in eight bits, and a tiny DINOv3 with random weights.
    const weights = readFileSync(join(stack.home, 'models/dinov2-small-focus.onnx'));
    writeFileSync(join(cwd, 'new.onnx'), toInt8(weights));
    copyFileSync(join(root, 'spec/golden/exports/dinov3_hf_sdpa_dynamo_size.onnx'), join(cwd, 'worse.onnx'));
  });
  afterAll(async () => {
    await stack?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  /** What happens between the commands of a section and the next. */
  const meanwhile: Record<string, () => Promise<void>> = {
    /** Two people draw the first three photographs; a reviewer accepts one person's first. */
    async 'The campaign'() {
      people = await Promise.all(
        ['ann', 'bob'].map(async (name) => signIn((await invite(stack, 'people', name, 'annotator')).link)),
      );
      const works = [];
      for (const [i, person] of people.entries()) {
        for (const _ of [1, 2, 3]) works.push((await drawNext(person, 'people', 3 * i))!);
      }
      await stack.admin('POST', `/api/assignments/${works[0].id}/review`, { verdict: 'accept' });
    },
    /** One of them goes on. */
    async 'Show it'() {
      await drawNext(people[0], 'people', 0);
    },
  };

  test.each(sections)('%s: its commands print what it says', async (section) => {
    await runSteps(
      steps.filter((step) => step.section === section),
      { cwd, env: { SALTWORKS_HOME: stack.home }, ids },
    );
    await meanwhile[section]?.();
  });

  test('every part of the story is told', () => {
    expect(sections).toEqual(expect.arrayContaining(Object.keys(meanwhile)));
  });
});
