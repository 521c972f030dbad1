// Plays recorded steps against a checkout's server and keeps the answers.
import { setTimeout as sleep } from 'node:timers/promises';
import { unzip } from '../unzip.mjs';
import { digest, outcomeText } from './checkout.mjs';

/** Milliseconds that a step may wait. */
const patienceMs = 240_000;

/** Headers that depend on the moment or the connection. */
const unseen = ['date', 'last-modified', 'connection', 'keep-alive', 'transfer-encoding', 'content-length'];

/**
 * A step is one of
 *
 *   { as, ask: "METHOD /path", body?, raw?, headers?, keep?: {name: "path.in.answer"}, keepHeader?: {name: header}, derived?: [path], until? }
 *   { as, events: "/path", until: {event, …fields of data} }
 *   { run: [arguments of the command], keep? }
 *
 * `{name}` in any text stands for a value that an earlier step kept. `as` names the caller, a browser with cookies of its
 * own; `admin` sends the home's API key instead, `key NAME` a kept one. `until` repeats the request until the answer has
 * these fields, and keeps that answer alone. `derived` are fields of the answer that hash random ids.
 */
export class Player {
  seen = new Map();
  /** Values that steps kept, by name. */
  kept;
  /** Cookies, by caller. */
  cookies;
  /** Requests so far, as METHOD and path without a query. */
  asked = new Set();
  #checkout;
  #placeholders;

  /** @param from a player whose kept values and cookies this one starts with */
  constructor(checkout, { from, placeholders = checkout.placeholders } = {}) {
    this.#checkout = checkout;
    this.#placeholders = placeholders;
    this.kept = { ...from?.kept };
    this.cookies = new Map(from?.cookies);
  }

  async play(steps) {
    for (const step of steps) await this.step(step);
    return this.seen;
  }

  async step(step) {
    const name = `${this.seen.size} ${step.as ?? ''} ${step.ask ?? step.events ?? `saltworks ${step.run.join(' ')}`}`;
    try {
      const text = await this.#observe(this.#fill(step));
      this.seen.set(this.#placeholders.apply(name), text);
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    }
  }

  async #observe(step) {
    if (step.run) return this.#run(step);
    if (step.events) return this.#events(step);
    for (const until = Date.now() + patienceMs; ; await sleep(300)) {
      const { text, answer } = await this.#ask(step);
      if (!step.until || has(answer, step.until)) return text;
      if (Date.now() > until) throw new Error(`no ${JSON.stringify(step.until)} in time: ${text}`);
    }
  }

  async #run({ run, keep }) {
    const outcome = await this.#checkout.run(...run);
    if (keep) this.#keep(keep, JSON.parse(outcome.stdout.trim().split('\n').at(-1)));
    return outcomeText(outcome, this.#placeholders);
  }

  #send({ as, ask, body, raw, headers = {} }) {
    const [method, given] = ask.split(' ');
    const url = given.startsWith('http') ? given : this.#checkout.url + given;
    this.asked.add(`${method} ${new URL(url).pathname}`);
    const [, key] = /^key (\S+)$/.exec(as) ?? [];
    const cookie = this.cookies.get(as);
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    return fetch(url, {
      method,
      redirect: 'manual',
      body: sent,
      headers: {
        ...(as === 'admin' ? { authorization: `Bearer ${this.#checkout.adminKey()}` } : {}),
        ...(key ? { authorization: `Bearer ${this.kept[key]}` } : {}),
        ...(cookie ? { cookie } : {}),
        ...(method === 'GET' ? {} : { origin: this.#checkout.url }),
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    });
  }

  async #ask(step) {
    const answer = await this.#send(step);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0]);
    if (cookies.length > 0) this.cookies.set(step.as, cookies.join('; '));
    const type = answer.headers.get('content-type') ?? '';
    const json = type.includes('json') && bytes.length > 0 ? JSON.parse(bytes.toString('utf8')) : undefined;
    if (step.keep) this.#keep(step.keep, json);
    for (const path of step.derived ?? []) if (json[path]) this.#placeholders.number(json[path], path);
    for (const [name, header] of Object.entries(step.keepHeader ?? {})) this.kept[name] = answer.headers.get(header);
    return { text: this.#describe(answer, bytes, type), answer: json };
  }

  #describe({ status, headers }, bytes, type) {
    // ETags depend on the inode and time of a file.
    const told = [...headers]
      .filter(([name]) => !unseen.includes(name))
      .map(([name, value]) => `${name}: ${name === 'etag' ? '<etag>' : value}\n`)
      .join('');
    const body = /json|text|javascript/.test(type) ? bytes.toString('utf8') : bodyOf(bytes, type);
    return this.#placeholders.apply(`${status}\n${told}\n${body}`);
  }

  /** Reads a stream of events up to the one that `until` describes. */
  async #events({ as, events, headers, until }) {
    const { event: wanted, ...fields } = until;
    const answer = await this.#send({ as, ask: `GET ${events}`, headers });
    const late = setTimeout(() => reader.cancel(), patienceMs);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`no ${JSON.stringify(until)} among ${answer.status} ${text}`);
      text += value;
      const blocks = text.split('\n\n').slice(0, -1);
      const at = blocks.findIndex((block) => {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/m.exec(block) ?? [];
        return event === wanted && has(JSON.parse(data), fields);
      });
      if (at < 0) continue;
      clearTimeout(late);
      await reader.cancel();
      return this.#describe(answer, Buffer.from(blocks.slice(0, at + 1).join('\n\n')), 'text/event-stream');
    }
  }

  #keep(keep, answer) {
    for (const [name, path] of Object.entries(keep)) {
      const value = path.split('.').reduce((part, key) => part?.[key], answer);
      if (value === undefined) throw new Error(`no ${path} in ${JSON.stringify(answer)}`);
      this.kept[name] = value;
    }
  }

  /** Puts kept values into every text of a step, names of fields included. */
  #fill(part) {
    if (typeof part === 'string')
      return part.replace(/\{(\w+)\}/g, (all, name) => (name in this.kept ? this.kept[name] : all));
    if (Array.isArray(part)) return part.map((each) => this.#fill(each));
    if (part === null || typeof part !== 'object') return part;
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [this.#fill(key), this.#fill(value)]));
  }
}

/** Whether an answer has all of these fields, at any depth. */
function has(answer, wanted) {
  if (wanted === null || typeof wanted !== 'object') return answer === wanted;
  return Object.entries(wanted).every(([key, value]) => answer != null && has(answer[key], value));
}

function bodyOf(bytes, type) {
  if (type !== 'application/zip') return bytes.length === 0 ? '' : digest(bytes);
  const isText = (name) => /\.(json|txt|yaml|xml)$/.test(name);
  return [...unzip(bytes)]
    .map(([name, content]) => `${name}: ${isText(name) ? content.toString('utf8') : digest(content)}`)
    .join('\n');
}
