/**
 * Traces across Temporal: clients tell workflows and activities of their spans in a header, as Temporal's own interceptors
 * for OpenTelemetry do. Those would also wait within workflows, and so change the order of what these decide: runs that are
 * under way when tracing is switched on would not replay.
 */
import { placeOf, traceHeader } from '@saltworks/contract/traceparent';
import { type Fields, inTrace, type Span } from './spans.ts';

/** Temporal's form of a value. */
interface Payload {
  metadata?: Record<string, Uint8Array> | null;
  data?: Uint8Array | null;
}
// biome-ignore lint/suspicious/noExplicitAny: headers of any SDK
type Headers = Record<string, any>;
interface Headed {
  headers: Headers;
}
type Next<I, O> = (input: I) => Promise<O>;

const payloadOf = (value: unknown): Payload => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(value)),
});

/** The `traceparent` of a header, if there is one. */
export function parentIn(headers: Headers): string | undefined {
  try {
    const { traceparent } = JSON.parse(Buffer.from((headers[traceHeader] as Payload).data as Uint8Array).toString());
    return placeOf(traceparent) && traceparent;
  } catch {
    return undefined;
  }
}

const told = <I extends Headed>(input: I, span: Span | undefined): I =>
  span
    ? { ...input, headers: { ...input.headers, [traceHeader]: payloadOf({ traceparent: span.traceparent }) } }
    : input;

const send = <I extends Headed, O>(name: string, input: I, next: Next<I, O>): Promise<O> =>
  inTrace(name, {}, (span) => next(told(input, span)), { kind: 'client' });

/** An interceptor of clients: a span for all that starts a workflow, or tells it something. */
export const clientSpans = {
  startWithDetails: <I extends Headed & { workflowType: string }, O>(input: I, next: Next<I, O>) =>
    send(`start ${input.workflowType}`, input, next),
  signal: <I extends Headed & { signalName: string }, O>(input: I, next: Next<I, O>) =>
    send(`send signal ${input.signalName}`, input, next),
  startUpdate: <I extends Headed & { updateName: string }, O>(input: I, next: Next<I, O>) =>
    send(`send update ${input.updateName}`, input, next),
};

interface ActivityInfo {
  activityType: string;
  attempt: number;
  workflowExecution?: { runId: string };
}

/** Interceptors of workers: a span for every attempt at an activity. */
export const activitySpans = ({ info }: { info: ActivityInfo }) => ({
  inbound: {
    execute<I extends Headed>({ ...input }: I, next: Next<I, unknown>): Promise<unknown> {
      const { activityType, attempt, workflowExecution } = info;
      const fields: Fields = { 'temporal.attempt': attempt, 'temporal.run_id': workflowExecution?.runId };
      return inTrace(`activity ${activityType}`, fields, () => next(input), { parent: parentIn(input.headers) });
    },
  },
});
