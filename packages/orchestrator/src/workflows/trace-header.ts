/**
 * Passes the trace of whoever asked on to activities and to the next part of a long run, and tells the worker of the steps
 * between. It waits for nothing and draws no random number, so a workflow decides the same with and without it.
 */
import { placeOf, type TracePlace, traceHeader, traceparentOf } from '@saltworks/contract/traceparent';
import {
  AsyncLocalStorage,
  ContinueAsNew,
  defaultPayloadConverter,
  type Headers,
  proxySinks,
  type Sinks,
  type WorkflowInterceptors,
  workflowInfo,
} from '@temporalio/workflow';

/** A step that ended. Times are the workflow's: milliseconds since 1970, as Temporal's server tells them. */
export interface WorkflowSpan extends Omit<TracePlace, 'sampled'> {
  parent: string;
  name: string;
  start: number;
  end: number;
  failed: boolean;
}

export interface TraceSinks extends Sinks {
  traces: { ended(span: WorkflowSpan): void };
}

const { traces } = proxySinks<TraceSinks>();

export const interceptors = (): WorkflowInterceptors => {
  /** The step that is under way. */
  const current = new AsyncLocalStorage<TracePlace>();
  /** What the run was started with: its parts stand side by side. */
  let run: Headers = {};
  let steps = 0;

  const within = <T>(headers: Headers, name: string, work: () => Promise<T>): Promise<T> => {
    const parent = placeIn(headers);
    return parent ? step(parent, name, (place) => current.run(place, work)) : work();
  };
  const step = <T>(parent: TracePlace, name: string, work: (place: TracePlace) => Promise<T>): Promise<T> => {
    if (!parent.sampled) return work(parent);
    const { runId } = workflowInfo();
    // The same when the run is replayed, and no other step's: the random end of the run's id, and a number.
    const span = runId.replaceAll('-', '').slice(-12) + (++steps % 0x10000).toString(16).padStart(4, '0');
    const start = Date.now();
    const ended = (failed: boolean) =>
      traces.ended({ trace: parent.trace, span, parent: parent.span, name, start, end: Date.now(), failed });
    const done = work({ ...parent, span });
    // On the side: whoever waits for the work waits no longer than without this.
    done.then(
      () => ended(false),
      (error) => ended(!(error instanceof ContinueAsNew)),
    );
    return done;
  };

  return {
    inbound: [
      {
        execute(input, next) {
          if (traceHeader in input.headers) run = { [traceHeader]: input.headers[traceHeader] };
          return within(input.headers, `workflow ${workflowInfo().workflowType}`, () => next(input));
        },
        handleUpdate: (input, next) => within(input.headers, `update ${input.name}`, () => next(input)),
        handleSignal: (input, next) => within(input.headers, `signal ${input.signalName}`, () => next(input)),
      },
    ],
    outbound: [
      {
        scheduleActivity(input, next) {
          const parent = current.getStore();
          if (!parent) return next(input);
          return step(parent, `request ${input.activityType}`, (place) =>
            next({ ...input, headers: { ...input.headers, ...headerOf(place) } }),
          );
        },
        continueAsNew: (input, next) => next({ ...input, headers: { ...input.headers, ...run } }),
      },
    ],
    internals: [
      {
        dispose(input, next) {
          current.disable();
          next(input);
        },
      },
    ],
  };
};

function placeIn(headers: Headers): TracePlace | undefined {
  if (!(traceHeader in headers)) return undefined;
  try {
    return placeOf(defaultPayloadConverter.fromPayload<{ traceparent?: unknown }>(headers[traceHeader])?.traceparent);
  } catch {
    // Of a client that means something else by it.
    return undefined;
  }
}

const headerOf = (place: TracePlace): Headers => ({
  [traceHeader]: defaultPayloadConverter.toPayload({ traceparent: traceparentOf(place) }),
});
