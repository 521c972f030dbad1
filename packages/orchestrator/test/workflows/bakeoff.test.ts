import { fileURLToPath } from 'node:url';
import type { BakeoffPart } from '@saltworks/contract/messages/bakeoff';
import { bakeoff } from '@saltworks/contract/messages/bakeoff';
import { queues } from '@saltworks/contract/messages/queues';
import { CancelledFailure, Context } from '@temporalio/activity';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startWorkflow } from '../../dist/temporal/workflows.js';
import { openTemporal } from '../temporal.ts';

const workflowBundle = { codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)) };
const subject = { kind: 'campaign', name: 'pans' } as const;

let environment: TestWorkflowEnvironment;
const running: { worker: Worker; ended: Promise<void> }[] = [];

/** What was asked, in order. */
let asked: string[] = [];
let refuse: (what: string, part: BakeoffPart) => unknown = () => {};

const step = (what: string) => async (part: BakeoffPart) => {
  asked.push(`${what} ${part.variant} ${part.from}-${part.to}`);
  await refuse(what, part);
  const images = part.to - part.from;
  return { images, done: images - 1, cached: 0, failed: what === 'judge' ? 1 : 0 };
};

const activities = {
  extractSample: step('extract'),
  judgeSample: step('judge'),
  finishBakeoff: async () => void asked.push('finish'),
};

beforeAll(async () => {
  environment = await openTemporal();
  const connection = environment.nativeConnection;
  for (const taskQueue of [queues.workflows, queues.extract, queues.propagate]) {
    const worker = await Worker.create({
      ...{ connection, taskQueue, activities },
      ...(taskQueue === queues.workflows ? { workflowBundle } : {}),
    });
    running.push({ worker, ended: worker.run() });
  }
}, 120_000);
afterAll(async () => {
  for (const { worker, ended } of running) {
    worker.shutdown();
    await ended;
  }
  await environment?.teardown();
});
beforeEach(() => {
  asked = [];
  refuse = () => {};
});

let started = 0;
const start = (images: number, variants: number) =>
  startWorkflow(
    environment.client,
    bakeoff,
    { subject, bakeoff: '0123456789abcdef', images, variants, attempts: 2 },
    { workflowId: `bakeoff-${++started}` },
  );

describe('a bake-off', () => {
  test('takes a variant after the other: its keys part by part, then its masks, and adds up at the end', async () => {
    const run = await start(6, 2);
    expect(await run.result()).toEqual({ images: 12, failed: 4 });
    expect(asked.slice(0, 2)).toEqual(['extract 0 0-4', 'extract 0 4-6']);
    expect(asked.slice(2, 4).sort()).toEqual(['judge 0 0-4', 'judge 0 4-6']);
    expect(asked.slice(4, 6)).toEqual(['extract 1 0-4', 'extract 1 4-6']);
    expect(asked.at(-1)).toBe('finish');
    expect(await run.query('progress')).toEqual({ total: 24, done: 24 });
  });

  test('of many images has no more steps: its history stays bounded', async () => {
    const run = await start(200, 2);
    await run.result();
    expect(asked).toHaveLength(2 * 2 * 25 + 1);
    const { raw } = await run.describe();
    expect(Number(raw.workflowExecutionInfo?.historyLength)).toBeLessThan(1_000);
  }, 60_000);

  test('fails with the reason of a step that cannot succeed', async () => {
    refuse = (what) => {
      if (what === 'judge') throw ApplicationFailure.nonRetryable('no such strokes', 'InvalidInputError');
    };
    await expect((await start(2, 1)).result()).rejects.toThrow(WorkflowFailedError);
    expect(asked).not.toContain('finish');
  });

  test('ends when it is cancelled', async () => {
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    refuse = async (what) => {
      if (what !== 'extract') return;
      begin();
      const beat = setInterval(() => Context.current().heartbeat(), 200);
      await Context.current().cancelled.finally(() => clearInterval(beat));
    };
    const run = await start(4, 1);
    await begun;
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: CancelledFailure.name } });
    expect(asked).toEqual(['extract 0 0-4']);
  }, 60_000);
});
