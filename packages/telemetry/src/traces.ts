/**
 * Records spans by OpenTelemetry and sends them by OTLP over HTTP. Loaded only where tracing is on. Nothing is registered
 * globally: libraries that would add spans of their own, with whatever stands in them, find no tracer.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Resource } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { placeOf, traceparentOf } from '@saltworks/contract/traceparent';
import { recordSpans, type Span, type Tracer } from './spans.ts';

export interface TraceSettings {
  /** Takes OTLP over HTTP. */
  url: string;
  /** Sent along; may hold a secret. */
  headers: Record<string, string>;
  /** The share of traces that are recorded, 0 to 1. */
  share: number;
  /** Whether a trace that others began is recorded if they say so. */
  parentBased: boolean;
  /** `service.name`; default `saltworks-ROLE`, of the page `saltworks-page`. */
  service?: string;
  /** What else tells this deployment from others. */
  resource: Record<string, string>;
}

export interface TracesOptions {
  role: string;
  version: string;
  /** Receives a line when spans get lost, now and then. */
  log(message: string): void;
}

export interface Traces {
  /** Sends what is left, for a while at most. */
  close(): Promise<void>;
}

/** How long a batch may take, and all batches together at the end, milliseconds. */
const exportMs = 10_000;
const closeMs = 3_000;
/** Spans that wait while the receiver is slow: a shard's images leave some hundreds a second. More are dropped. */
const waiting = 8_192;
/** Between two lines about lost spans, milliseconds. */
const quietMs = 10 * 60_000;

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

/** From now on, spans are recorded. */
export function openTraces(settings: TraceSettings, { role, version, log }: TracesOptions): Traces {
  const { url, headers, share, parentBased, service } = settings;
  let quietUntil = 0;
  setGlobalErrorHandler((error) => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + quietMs;
    log(`traces get lost: ${lossOf(error)}`);
  });
  const resourceOf = (name: string) =>
    new Resource({ ...settings.resource, 'service.name': name, 'service.version': version });
  const root = new TraceIdRatioBasedSampler(share);
  const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url, headers, timeoutMillis: exportMs }), {
    maxQueueSize: waiting,
    exportTimeoutMillis: exportMs,
  });
  const provider = new BasicTracerProvider({
    sampler: parentBased ? new ParentBasedSampler({ root }) : root,
    resource: resourceOf(service ?? `saltworks-${role}`),
    spanProcessors: [processor],
  });
  const page = Resource.default().merge(resourceOf(service === undefined ? 'saltworks-page' : `${service}-page`));
  const by = { name: 'saltworks', version };
  const inner = provider.getTracer(by.name, version);
  const active = new AsyncLocalStorage<Span & { context: SpanContext }>();

  const tracer: Tracer = {
    share,
    start(name, fields, { parent, kind }) {
      const given = parent === undefined ? active.getStore()?.context : contextOf(parent);
      const under = given ? trace.setSpanContext(ROOT_CONTEXT, given) : ROOT_CONTEXT;
      const span = inner.startSpan(name, { kind: kind && kinds[kind], attributes: attributesOf(fields) }, under);
      const context = span.spanContext();
      const sampled = (context.traceFlags & TraceFlags.SAMPLED) !== 0;
      return {
        context,
        sampled,
        trace: context.traceId,
        traceparent: traceparentOf({ trace: context.traceId, span: context.spanId, sampled }),
        set: (more) => void span.setAttributes(attributesOf(more)),
        end(error) {
          if (!span.isRecording()) return;
          if (error !== undefined) {
            span.setStatus({ code: SpanStatusCode.ERROR });
            // Its message may name an image or a person.
            span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
          }
          span.end();
        },
      } as Span;
    },
    record({ trace: traceId, span: spanId, parent, name, start, end, failed, fields = {} }, where) {
      const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
      processor.onEnd({
        name,
        kind: SpanKind.INTERNAL,
        spanContext: () => context,
        parentSpanId: parent,
        startTime: timeOf(start),
        endTime: timeOf(end),
        duration: timeOf(end - start),
        status: { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
        attributes: attributesOf(fields),
        links: [],
        events: [],
        ended: true,
        resource: where === 'page' ? page : provider.resource,
        instrumentationLibrary: by,
        ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
      });
    },
    within: (span, work) => active.run(span as Span & { context: SpanContext }, work),
    active: () => active.getStore(),
  };
  recordSpans(tracer);
  return {
    async close() {
      recordSpans(undefined);
      const late = new Promise<void>((over) => setTimeout(over, closeMs).unref());
      await Promise.race([provider.shutdown().catch(() => {}), late]);
    },
  };
}

function contextOf(traceparent: string): SpanContext | undefined {
  const place = placeOf(traceparent);
  if (!place) return undefined;
  const traceFlags = place.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return { traceId: place.trace, spanId: place.span, traceFlags, isRemote: true };
}

const attributesOf = (fields: Readonly<Record<string, unknown>>): Attributes =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Attributes;

/** Seconds and nanoseconds. */
const timeOf = (ms: number): [number, number] => {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - 1000 * seconds) * 1e6)];
};

/** Why spans get lost, without what stands in addresses and headers. */
function lossOf(error: unknown): string {
  const { code, message } = error as { code?: string | number; message?: string };
  if (code !== undefined) return typeof code === 'number' ? `the receiver answers ${code}` : `the receiver: ${code}`;
  return /^[\w ]{1,80}$/.test(message ?? '') ? (message as string) : 'the receiver does not take them';
}
