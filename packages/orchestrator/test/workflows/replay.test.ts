import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as workflows from '@saltworks/orchestrator/workflows/all';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';

const folder = new URL('./histories/', import.meta.url);
const workflowBundle = { codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)) };
const names = readdirSync(folder).map((file) => file.replace(/\.jsonl$/, ''));

type Event = Record<string, unknown>;
const eventsOf = (name: string): Event[] =>
  readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** @throws DeterminismViolationError if the workflow decides otherwise than the history says */
const replay = (events: readonly Event[]): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle }, historyFromJSON({ events }), 'replayed');

beforeAll(() => {
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} };
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
});

describe("today's workflows decide what earlier versions decided", () => {
  test.each(names)('in %s', async (name) => {
    await replay(eventsOf(name));
  });
});

test('a history in which an activity has another name does not replay', async () => {
  const text = JSON.stringify(eventsOf('extract-dataset')).replaceAll('"extractShard"', '"takeKeys"');
  await expect(replay(JSON.parse(text))).rejects.toThrow(/determinism/i);
});

test('every workflow that the bundle holds has a history', () => {
  const types = names.map((name) => JSON.stringify(eventsOf(name)[0]).match(/"workflowType":\{"name":"(\w+)"/)?.[1]);
  expect(new Set(types)).toEqual(new Set(Object.keys(workflows)));
});
