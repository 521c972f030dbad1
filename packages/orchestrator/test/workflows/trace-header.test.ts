import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { traceHeader } from '@saltworks/contract/traceparent';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';

const folder = new URL('./histories/', import.meta.url);
const workflowBundle = { codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)) };
const names = readdirSync(folder).map((file) => file.replace(/\.jsonl$/, ''));
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const payload = { metadata: { encoding: base64('json/plain') }, data: base64(JSON.stringify({ traceparent })) };

// biome-ignore lint/suspicious/noExplicitAny: Temporal's own form
type Event = Record<string, any>;

/** A history as it is where whoever started the run, and told it something, was traced. */
function traced(name: string): Event[] {
  const events: Event[] = readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const event of events) {
    const told = [
      event.workflowExecutionStartedEventAttributes,
      event.workflowExecutionSignaledEventAttributes,
      event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input,
    ];
    for (const each of told) {
      if (each) each.header = { ...each.header, fields: { ...each.header?.fields, [traceHeader]: payload } };
    }
  }
  return events;
}

beforeAll(() => {
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} };
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
});

describe('a workflow decides with a trace what it decided without', () => {
  test.each(names)('in %s', async (name) => {
    const ended: unknown[] = [];
    const sinks = {
      traces: { ended: { fn: (_: unknown, span: unknown) => void ended.push(span), callDuringReplay: true } },
    };
    await Worker.runReplayHistory({ workflowBundle, sinks }, historyFromJSON({ events: traced(name) }), 'replayed');
    const [trace] = new Set((ended as { trace: string }[]).map((span) => span.trace));
    expect(trace).toBe(traceparent.slice(3, 35));
    const ids = (ended as { span: string }[]).map(({ span }) => span);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
