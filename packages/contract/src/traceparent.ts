/**
 * A step of a trace as others are told of it: `traceparent` of W3C Trace Context, `00-TRACE-SPAN-FLAGS`. Without schemas:
 * workflows and the page import it.
 */

/** Temporal's SDKs pass a trace on under this header: JSON with a field `traceparent`. */
export const traceHeader = '_tracer-data';

export interface TracePlace {
  /** 32 hexadecimal digits, not all 0. */
  trace: string;
  /** 16 of them, not all 0. */
  span: string;
  /** Whether the trace is recorded. */
  sampled: boolean;
}

const form = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Undefined for anything that is no `traceparent`. */
export function placeOf(given: unknown): TracePlace | undefined {
  const [, trace, span, flags] = (typeof given === 'string' && form.exec(given)) || [];
  return trace === undefined ? undefined : { trace, span, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export const traceparentOf = ({ trace, span, sampled }: TracePlace): string =>
  `00-${trace}-${span}-${sampled ? '01' : '00'}`;

/** Whether a trace is among this share of all traces: the rule of OpenTelemetry's `traceidratio`, so that all decide alike. */
export function isAmong(share: number, trace: string): boolean {
  const words = trace.match(/.{8}/g) ?? [];
  const mixed = words.reduce((all, word) => (all ^ Number.parseInt(word, 16)) >>> 0, 0);
  return mixed < Math.floor(share * 0xffffffff);
}

/** Header of the server's answers while traces are recorded: the share of traces that are, 0 to 1. The page heeds it. */
export const shareHeader = 'saltworks-traces';
