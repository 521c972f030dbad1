/** Events of assignments as Server-Sent Events, from any event on, until the reader leaves. */
import type { ServerResponse } from 'node:http';
import { streamsOpen } from '@saltworks/telemetry/metrics';
import { type Span, startSpan } from '@saltworks/telemetry/spans';
import type { FastifyReply } from 'fastify';
import { eventsAfter } from '../campaigns/assignments/events.ts';
import type { Database } from '../db/database.ts';
import { eventChannel } from '../db/schema.ts';

/** Proxies give up connections that stay silent. */
const commentMs = 15_000;
/** How long the last bytes may take once a stream is ended. */
const lingerMs = 1_000;

export interface Streams {
  /**
   * Sends the events after event n, then new ones as they come, with the reply's headers so far.
   *
   * @param stillAllowed throws once the reader has lost access; called now and then
   */
  follow(assignment: string, after: number, reply: FastifyReply, stillAllowed: () => Promise<void>): void;
  /** Open streams. */
  readonly size: number;
  close(): Promise<void>;
}

export async function openStreams(database: Database, { everyMs = commentMs } = {}): Promise<Streams> {
  /** Called when an assignment may have new events. */
  const listeners = new Map<string, Set<() => void>>();
  const open = new Set<() => void>();
  const stop = await database.listen(eventChannel, (assignment) => {
    const woken = assignment === '' ? [...listeners.values()] : [listeners.get(assignment) ?? []];
    for (const wake of woken.flatMap((set) => [...set])) wake();
  });

  const unseen = streamsOpen.observe(() => open.size);
  return {
    get size() {
      return open.size;
    },
    follow(assignment, after, reply, stillAllowed) {
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      });
      raw.write('retry: 1000\n\n');
      // A reader may leave at any time.
      raw.on('error', () => {});
      const end = () => {
        raw.end();
        setTimeout(() => raw.destroy(), lingerMs).unref();
      };
      let sent = after;
      let reading = false;
      let again = false;
      /** Whether events are told as they come: those of before belong to traces that have ended. */
      let live = false;
      const send = async () => {
        again = true;
        if (reading) return;
        reading = true;
        try {
          while (again && !raw.writableEnded) {
            again = false;
            const events = await eventsAfter(database.db, assignment, sent);
            for (const { n, kind, body } of events) {
              // Wait for a slow reader instead of buffering.
              if (raw.writableNeedDrain && !raw.destroyed) await drained(raw);
              if (raw.writableEnded || raw.destroyed) return;
              const span = live ? sending(kind, body) : undefined;
              const told = span ? { ...(body as object), trace: span.traceparent } : body;
              raw.write(`id: ${n}\nevent: ${kind}\ndata: ${JSON.stringify(told)}\n\n`);
              span?.end();
              sent = n;
            }
            if (events.length > 0) again = true;
          }
          live = true;
        } catch {
          // The database is away: the reader comes back and resumes.
          end();
        } finally {
          reading = false;
        }
      };
      const wake = () => void send();
      const set = listeners.get(assignment) ?? new Set();
      listeners.set(assignment, set.add(wake));
      const comment = setInterval(() => {
        stillAllowed().then(() => {
          if (!raw.writableEnded && !raw.writableNeedDrain) raw.write(': still here\n\n');
        }, end);
      }, everyMs);
      open.add(end);
      raw.on('close', () => {
        clearInterval(comment);
        open.delete(end);
        set.delete(wake);
        if (set.size === 0 && listeners.get(assignment) === set) listeners.delete(assignment);
      });
      wake();
    },
    async close() {
      unseen();
      for (const end of open) end();
      await stop();
    },
  };
}

/** The sending of an answer as a step of the trace that it was made in. */
function sending(kind: string, body: unknown): Span | undefined {
  const { trace } = body as { trace?: string };
  return trace === undefined ? undefined : startSpan(`send ${kind}`, {}, { parent: trace });
}

const drained = (raw: ServerResponse): Promise<void> =>
  new Promise((resume) => {
    const done = () => {
      raw.off('drain', done).off('close', done);
      resume();
    };
    raw.on('drain', done).on('close', done);
  });
