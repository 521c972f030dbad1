// A scripted annotator: takes an image, draws, listens. Like a browser it sends unacknowledged interactions again and resumes
// a broken stream after the last event. Its caller compares its interactions with the server's log.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 200;
const TIMEOUT_MS = 60_000;

/** The server's refusal, in its words. */
export class Refused extends Error {
  constructor(status, text) {
    super(`${status}: ${text.slice(0, 300)}`);
    this.status = status;
  }
}

/**
 * Sends one request, with a JSON body if there is one.
 *
 * @param options of node:http; traffic: counts bytes on the wire, up and down
 * @throws Refused, or Error without a whole answer
 */
export function send(url, { headers, traffic = { up: 0, down: 0 }, ...options }, body) {
  const json = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const all = { ...headers, ...(json && { 'content-type': 'application/json', 'content-length': json.length }) };
    const sent = request(url, { ...options, headers: all, timeout: TIMEOUT_MS }, (answer) => {
      const { socket, statusCode: status, headers } = answer;
      let text = '';
      answer.setEncoding('utf8').on('error', reject);
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => {
        // Sockets are reused: earlier bytes through this one were counted then.
        const before = socket.counted ?? { up: 0, down: 0 };
        traffic.up += socket.bytesWritten - before.up;
        traffic.down += socket.bytesRead - before.down;
        socket.counted = { up: socket.bytesWritten, down: socket.bytesRead };
        if (status < 400) resolve({ headers, text });
        else reject(new Refused(status, text));
      });
    });
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error('no answer')));
    sent.end(json);
  });
}

/** Calls the API with a key, JSON both ways. */
export function openApi(url, key, options) {
  const headers = { authorization: `Bearer ${key}` };
  return async (method, path, body) =>
    JSON.parse((await send(`${url}${path}`, { method, headers, ...options }, body)).text);
}

/** Retries until there is an answer: servers restart, and limit requests. @throws Refused for a lasting refusal */
export async function patiently(ask, { tries = 300 } = {}) {
  for (let i = 1; ; i++) {
    try {
      return await ask();
    } catch (error) {
      const passes = !(error instanceof Refused) || error.status >= 500 || error.status === 429;
      if (!passes || i >= tries) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/** @param key an API key of the annotator's account */
export function openAnnotator(url, key) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const traffic = { up: 0, down: 0 };
  const api = openApi(url, key, { agent, traffic });
  return {
    api,
    traffic,
    /** Takes the next image; undefined if none is left. */
    async take(campaign) {
      const assignment = await patiently(() => api('POST', `/api/campaigns/${campaign}/next`, {}));
      return assignment ? openWork({ url, key, api, traffic, assignment }) : undefined;
    },
    close: () => agent.destroy(),
  };
}

function openWork({ url, key, api, traffic, assignment }) {
  const at = `/api/assignments/${assignment.id}`;
  const client = randomUUID();
  /** All interactions in order; the place is the sequence number. The first `acknowledged` are acknowledged. */
  const done = [];
  let acknowledged = 0;
  let sending;

  async function send() {
    while (acknowledged < done.length) {
      const batch = done.slice(acknowledged, acknowledged + 500);
      const interactions = batch.map((interaction, i) => ({ seq: acknowledged + i + 1, interaction }));
      await patiently(() => api('POST', `${at}/interactions`, { client, interactions }));
      acknowledged += batch.length;
    }
  }

  const events = openEvents(`${url}${at}/events`, key, traffic);
  return {
    assignment,
    api,
    client,
    done,
    events: events.seen,
    /** Adds interactions. @returns resolves once they and all earlier ones are acknowledged */
    async do(...interactions) {
      done.push(...interactions);
      const mine = done.length;
      while (acknowledged < mine) {
        sending ??= send().finally(() => {
          sending = undefined;
        });
        await sending;
      }
    },
    /** Waits for the answer to all interactions, on the node grid (`patch`) or in pixels (`pixel`). */
    answered(kind, ms) {
      const n = done.length;
      return events.first(({ event, data }) => (event === kind || event === 'none') && data.n >= n, ms);
    },
    /** The server's log: [n, client, sequence number, interaction]. */
    async log() {
      const log = await patiently(() => api('GET', `${at}/interactions`));
      return log.map((entry) => [entry.n, entry.client, entry.seq, entry.interaction]);
    },
    /** The log that the server must hold. */
    expected: () => done.slice(0, acknowledged).map((interaction, i) => [i + 1, client, i + 1, interaction]),
    submit: () => patiently(() => api('POST', `${at}/submit`, {})),
    close: () => events.close(),
  };
}

/** Follows a stream of Server-Sent Events across disconnects. */
function openEvents(url, key, traffic) {
  /** `{ id, event, data, at }` in the order of arrival; at: milliseconds since 1970. */
  const seen = [];
  const waiting = new Set();
  let closed = false;
  let current;

  function take(block) {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)));
    if (fields.data === undefined) return;
    const { id, event, data } = fields;
    seen.push({ id: Number(id), event, data: JSON.parse(data), at: performance.timeOrigin + performance.now() });
    for (const wake of waiting) wake();
  }

  const follow = () =>
    new Promise((ended) => {
      const last = seen.at(-1)?.id;
      const headers = { authorization: `Bearer ${key}`, ...(last && { 'last-event-id': String(last) }) };
      current = request(url, { headers, agent: false }, (answer) => {
        if (answer.statusCode !== 200) answer.destroy();
        let text = '';
        let counted = 0;
        answer.setEncoding('utf8').on('data', (chunk) => {
          traffic.down += answer.socket.bytesRead - counted;
          counted = answer.socket.bytesRead;
          text += chunk;
          const blocks = text.split('\n\n');
          text = blocks.pop();
          for (const block of blocks) take(block);
        });
        answer.on('error', () => {}).on('close', ended);
      });
      current.on('error', ended).end();
    });
  void (async () => {
    while (!closed) {
      await follow();
      if (!closed) await sleep(RETRY_MS);
    }
  })();

  return {
    seen,
    /** @throws Error if no such event comes in time */
    async first(wanted, ms = TIMEOUT_MS) {
      let from = 0;
      let stop;
      const late = new Promise((_, reject) => {
        stop = setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms);
      });
      try {
        for (;;) {
          for (; from < seen.length; from++) if (wanted(seen[from])) return seen[from];
          let wake;
          const woken = new Promise((resolve) => {
            wake = resolve;
          });
          waiting.add(wake);
          await Promise.race([woken, late]).finally(() => waiting.delete(wake));
        }
      } finally {
        clearTimeout(stop);
      }
    },
    close() {
      closed = true;
      current?.destroy();
    },
  };
}

/** The i-th stroke of many on an image: a short bent line, for one of `segments` segments and the background in turn. */
export function strokeAt(i, { width, height }, segments = 1) {
  // Golden ratios spread any number of strokes evenly.
  const x = (0.08 + 0.84 * ((i * 0.6180339887) % 1)) * width;
  const y = (0.08 + 0.84 * ((i * 0.7548776662) % 1)) * height;
  const reach = 0.05 * Math.min(width, height);
  const points = Array.from({ length: 12 }, (_, k) => {
    const t = k / 11;
    return [x + reach * t, y + reach * t * t].map((at) => Math.round(10 * at) / 10);
  });
  return { kind: 'stroke', segment: i % (segments + 1), points, radius: 3 };
}

/** Interactions that name segments 1 … count, all of category 1. */
export const naming = (count) => Array.from({ length: count }, (_, i) => ({ kind: 'segment', id: i + 1, category: 1 }));
