/** A scripted annotator that acts as a browser does: signs in by a link, takes an image, sends strokes, listens, submits. */
import type { Interaction } from '@saltworks/contract/api/interactions';
import type { Stroke } from '@saltworks/contract/documents/scribbles';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';

export interface ServerEvent {
  id: number;
  event: string;
  data: Record<string, unknown>;
}

export interface Annotator {
  id: string;
  /** The account's API key. */
  key: string;
  /** @throws Error with status and body if the server refuses */
  ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer>;
  bytes(path: string): Promise<Buffer>;
  /** Sends interactions in batches, as one window does. */
  send(assignment: string, interactions: Interaction[]): Promise<void>;
  /** Events of an assignment after the n-th, up to the first for which `until` holds. */
  events(assignment: string, after: number, until: (event: ServerEvent) => boolean): Promise<ServerEvent[]>;
}

/** Signs in by a link, as the button on its page does, and makes an API key. */
export async function signIn(link: string): Promise<Annotator> {
  const { origin } = new URL(link);
  const signed = await fetch(link, { method: 'POST', redirect: 'manual', headers: { origin } });
  const cookie = signed.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const made = await fetch(`${origin}/api/me/keys`, {
    method: 'POST',
    headers: { cookie, origin, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'test' }),
  });
  if (!made.ok) throw new Error(`${signed.status}, ${made.status}: ${await made.text()}`);
  return annotator(origin, ((await made.json()) as { key: string }).key);
}

export async function annotator(url: string, key: string): Promise<Annotator> {
  const authorization = `Bearer ${key}`;
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization, ...json, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const ask = async <Answer>(method: string, path: string, body?: unknown) => {
    const text = await (await call(method, path, body)).text();
    return (text === '' ? null : JSON.parse(text)) as Answer;
  };
  const seqs = new Map<string, number>();
  return {
    id: (await ask<{ id: string }>('GET', '/api/me')).id,
    key,
    ask,
    bytes: async (path) => Buffer.from(await (await call('GET', path)).arrayBuffer()),
    async send(assignment, interactions) {
      for (let at = 0; at < interactions.length; at += 50) {
        const batch = interactions.slice(at, at + 50).map((interaction) => {
          const seq = (seqs.get(assignment) ?? 0) + 1;
          seqs.set(assignment, seq);
          return { seq, interaction };
        });
        await ask('POST', `/api/assignments/${assignment}/interactions`, { client: 'window-1', interactions: batch });
      }
    },
    async events(assignment, after, until) {
      const headers: Record<string, string> = after > 0 ? { 'last-event-id': String(after) } : {};
      const stream = await call('GET', `/api/assignments/${assignment}/events`, undefined, headers);
      const found: ServerEvent[] = [];
      let text = '';
      for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const { events, rest } = parseEvents(text);
        text = rest;
        found.push(...events);
        if (events.some(until)) return found;
      }
      throw new Error('the stream ended');
    },
  };
}

/** The complete Server-Sent Events in a text, and the rest. */
export function parseEvents(text: string): { events: ServerEvent[]; rest: string } {
  const blocks = text.split('\n\n');
  const rest = blocks.pop()!;
  const events = blocks.flatMap((block) => {
    const field = (name: string) =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const [id, event, data] = ['id', 'event', 'data'].map(field);
    return id && event && data ? [{ id: Number(id), event, data: JSON.parse(data) }] : [];
  });
  return { events, rest };
}

/**
 * Strokes that cover a raster's pixels and no others: a brush one pixel wide walks over each connected piece, row by row
 * and back.
 */
export function tracedStrokes({ width, height, owner, segments }: StrokeRaster): Stroke[] {
  const runs: { y: number; from: number; to: number; label: number; seen: boolean }[][] = [];
  for (let y = 0; y < height; y++) {
    runs.push([]);
    for (let x = 0; x < width; ) {
      const label = owner[y * width + x];
      let to = x;
      while (to + 1 < width && owner[y * width + to + 1] === label) to++;
      if (label > 0) runs[y].push({ y, from: x, to, label, seen: false });
      x = to + 1;
    }
  }
  const strokes: Stroke[] = [];
  const all = runs.flat().sort((a, b) => a.label - b.label || a.y - b.y || a.from - b.from);
  for (const first of all) {
    if (first.seen) continue;
    const points: [number, number][] = [];
    const walk = (run: (typeof all)[number]) => {
      run.seen = true;
      points.push([run.from, run.y], [run.to, run.y]);
      for (const next of [...(runs[run.y - 1] ?? []), ...(runs[run.y + 1] ?? [])]) {
        const x = Math.max(run.from, next.from);
        if (next.seen || next.label !== run.label || x > Math.min(run.to, next.to)) continue;
        points.push([x, run.y], [x, next.y]);
        walk(next);
        points.push([x, next.y], [x, run.y]);
      }
    };
    walk(first);
    for (let at = 0; at < points.length; at += 999) {
      strokes.push({ segment: segments[first.label - 1], points: points.slice(at, at + 1000), radius: 0 });
    }
  }
  return strokes;
}
