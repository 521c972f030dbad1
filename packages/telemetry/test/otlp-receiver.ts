/** A receiver of OTLP over HTTP, as JSON. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** Milliseconds since 1970. */
  start: number;
  end: number;
  failed: boolean;
  service: string;
  attributes: Record<string, string | number | boolean>;
}

export interface Receiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  spans: ReceivedSpan[];
  /** Bodies as they came. */
  bodies: string[];
  /** Headers of the last request. */
  headers: Record<string, unknown>;
  close(): Promise<void>;
}

/** @param status what it answers; 0: nothing, ever */
export async function openReceiver(status = 200): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    receiver.headers = request.headers;
    receiver.bodies.push(body);
    if (status === 0) return;
    if (status === 200 && request.url === '/v1/traces') receiver.spans.push(...spansOf(body));
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    bodies: [],
    headers: {},
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return receiver;
}

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
type Attributes = { key: string; value: Value }[];
interface Sent {
  resourceSpans: {
    resource: { attributes: Attributes };
    scopeSpans: {
      spans: (Omit<ReceivedSpan, 'attributes'> & {
        attributes: Attributes;
        startTimeUnixNano: string;
        endTimeUnixNano: string;
        status: { code?: number };
      })[];
    }[];
  }[];
}

const valuesOf = (attributes: Attributes): ReceivedSpan['attributes'] =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );

function spansOf(body: string): ReceivedSpan[] {
  return (JSON.parse(body) as Sent).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId, name, attributes, startTimeUnixNano, endTimeUnixNano, status }) => ({
        ...{ traceId, spanId, name },
        ...(parentSpanId && { parentSpanId }),
        start: Number(startTimeUnixNano) / 1e6,
        end: Number(endTimeUnixNano) / 1e6,
        failed: status.code === 2,
        service: String(valuesOf(resource.attributes)['service.name']),
        attributes: valuesOf(attributes),
      })),
    ),
  );
}

/** Names from a span up to the first step of its trace; ends with `?` where a step is missing. */
export function pathOf(spans: readonly ReceivedSpan[], span: ReceivedSpan): string[] {
  if (span.parentSpanId === undefined) return [span.name];
  const parent = spans.find(({ spanId, traceId }) => spanId === span.parentSpanId && traceId === span.traceId);
  return [span.name, ...(parent ? pathOf(spans, parent) : ['?'])];
}
