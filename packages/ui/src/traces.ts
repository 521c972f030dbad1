/**
 * What a person does, as a trace: its steps in the page, under which the server's stand. Written while the server records
 * traces; it says so in its answers. Steps hold ids and durations, nothing else.
 */
import { type PageSpan, type PageSpanName, type PageTraces, postTraces } from '@saltworks/contract/api/traces';
import { isAmong, placeOf, traceparentOf } from '@saltworks/contract/traceparent';

export interface Step {
  /** Told to the server with a request, whose steps it becomes the parent of. */
  readonly traceparent: string;
  /** A step of this one; of a step of the server, if that is one of this trace. */
  step(name: PageSpanName, server?: string): Step;
  /** Only the first call counts. */
  end(failed?: boolean): void;
}

/** Steps wait this long, so that many go in one request, milliseconds. */
const restMs = 3_000;
/** The most steps in one request, and the most that wait. */
const most = 100;

let share = 0;
/** The shortest time that a request took, milliseconds. */
let trip = Number.POSITIVE_INFINITY;
let done: PageSpan[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** Heeds what the server says of traces. @param told the share of traces that it records; null: nothing new */
export function heed(told: string | null, ms: number): void {
  if (told !== null) share = Number(told);
  trip = Math.min(trip, ms);
}

/** Begins a trace; undefined while none are recorded. */
export function begin(name: PageSpanName): Step | undefined {
  if (!(share > 0)) return undefined;
  const trace = randomHex(16);
  return start(trace, isAmong(share, trace), name);
}

function start(trace: string, sampled: boolean, name: PageSpanName, parent?: string): Step {
  const span = randomHex(8);
  const began = performance.now();
  let ended = false;
  return {
    traceparent: traceparentOf({ trace, span, sampled }),
    step(name, server) {
      const place = placeOf(server);
      return start(trace, sampled, name, place?.trace === trace ? place.span : span);
    },
    end(failed) {
      if (ended) return;
      ended = true;
      if (!sampled || done.length >= most) return;
      const ms = performance.now() - began;
      done.push({ trace, span, ...(parent && { parent }), name, start: began, ms, ...(failed && { failed }) });
      timer ??= setTimeout(handIn, restMs);
    },
  };
}

/** Steps get lost where the server does not take them: nothing waits for them. */
function handIn(): void {
  clearTimeout(timer);
  timer = undefined;
  if (done.length === 0) return;
  const body: PageTraces = { now: performance.now(), trip: Math.min(trip, 60_000), spans: done };
  done = [];
  const headers = { 'content-type': 'application/json' };
  fetch(postTraces.url, { method: postTraces.method, headers, body: JSON.stringify(body), keepalive: true }).catch(
    () => {},
  );
}

(globalThis as Partial<EventTarget>).addEventListener?.('pagehide', handIn);

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}
