/**
 * Spans: the steps of a piece of work, how long each took, and which step asked for which. Code names its steps here;
 * `traces.ts` records them where tracing is on. Elsewhere no step is recorded, and nothing of OpenTelemetry is loaded.
 */

/** Ids, counts, kinds. Names of people, images and files, and texts of errors, never stand in a span. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Span {
  /** 32 hexadecimal digits. */
  readonly trace: string;
  /** The span as others are told of it: `traceparent` of W3C Trace Context. */
  readonly traceparent: string;
  /** Whether its trace is recorded. */
  readonly sampled: boolean;
  /** Adds what is known by now. */
  set(fields: Fields): void;
  /** Only the first call counts. @param error why the step failed */
  end(error?: unknown): void;
}

export interface StartOptions {
  /** A `traceparent` from outside; default: the active span. */
  parent?: string;
  kind?: 'server' | 'client';
}

/** A step that was done elsewhere: in a workflow, in the page. */
export interface DoneSpan {
  trace: string;
  /** 16 hexadecimal digits each. */
  span: string;
  parent?: string;
  name: string;
  /** Milliseconds since 1970. */
  start: number;
  end: number;
  failed?: boolean;
  fields?: Fields;
}

/** Records spans. */
export interface Tracer {
  start(name: string, fields: Fields, options: StartOptions): Span;
  /** @param where the page, if it was done there; default: this process */
  record(span: DoneSpan, where?: 'page'): void;
  /** Does work with a span as the active one, in all that it awaits. */
  within<T>(span: Span, work: () => T): T;
  /** Undefined outside all spans. */
  active(): Span | undefined;
  /** The share of traces begun in the page that are recorded, 0 to 1. */
  readonly share: number;
}

let tracer: Tracer | undefined;

/** Called once, before there is work. */
export function recordSpans(by: Tracer | undefined): void {
  tracer = by;
}

/** The share of traces that are recorded; 0 where none are. */
export const tracedShare = (): number => tracer?.share ?? 0;

/** The span that the caller works in, if there is one, and if spans are recorded. */
export const activeSpan = (): Span | undefined => tracer?.active();

/** The `traceparent` of the active span if its trace is recorded: for messages that outlive the span. */
export function activeTraceparent(): string | undefined {
  const span = activeSpan();
  return span?.sampled ? span.traceparent : undefined;
}

/** Starts a span that the caller ends; undefined where spans are not recorded. */
export const startSpan = (name: string, fields: Fields = {}, options: StartOptions = {}): Span | undefined =>
  tracer?.start(name, fields, options);

/** Records a step that was done elsewhere. */
export const recordSpan = (span: DoneSpan, where?: 'page'): void => tracer?.record(span, where);

/** Does work with a span as the active one. */
export const within = <T>(span: Span | undefined, work: () => T): T =>
  tracer && span ? tracer.within(span, work) : work();

/** Does work as a step of the active span. Outside all spans it is no step of anything, and is not recorded. */
export const inSpan = <T>(name: string, fields: Fields, work: (span?: Span) => Promise<T>): Promise<T> =>
  activeSpan() ? asSpan(startSpan(name, fields), work) : work();

/** Does work in a span that begins a trace outside all spans, or goes on with one that others began. */
export const inTrace = <T>(
  name: string,
  fields: Fields,
  work: (span?: Span) => Promise<T>,
  options?: StartOptions,
): Promise<T> => asSpan(startSpan(name, fields, options), work);

async function asSpan<T>(span: Span | undefined, work: (span?: Span) => Promise<T>): Promise<T> {
  try {
    const result = await within(span, () => work(span));
    span?.end();
    return result;
  } catch (error) {
    span?.end(error);
    throw error;
  }
}
