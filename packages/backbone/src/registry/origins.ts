/** Places that a file is fetched from: an address, a folder, a store. Each can begin in the middle. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';

/** What is read of a store, be it a mirror or the place of an added backbone's weights. An ObjectStore is one. */
export interface Reader {
  head(key: string, options?: { signal?: AbortSignal }): Promise<{ size: number; etag: string } | undefined>;
  get(key: string, options?: { signal?: AbortSignal }): Promise<Uint8Array>;
  stream(
    key: string,
    options?: { range?: { start: number; end: number }; signal?: AbortSignal },
  ): AsyncIterable<Uint8Array>;
}

/** Proxies by scheme, and the hosts that are reached without one, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY name them. */
export interface Proxies {
  http?: string;
  https?: string;
  no?: string;
}

export interface Origin {
  /** For messages; a download goes on with the bytes of an earlier one from the same origin only. */
  readonly name: string;
  /**
   * @param from the first byte that is wanted
   * @param mark of the version that the bytes before are of; without it they cannot be trusted, so the file begins anew
   */
  open(from: number, mark: string | undefined, signal?: AbortSignal): Promise<Opened>;
}

export interface Opened {
  /** Where the chunks begin: `from`, or 0 if the file begins anew. */
  start: number;
  /** Bytes of the whole file, if the origin says so. */
  total?: number;
  mark?: string;
  chunks: AsyncIterable<Uint8Array>;
}

/** The origin is there and fine, and does not have the file. */
export class FileMissingError extends Error {
  override name = 'FileMissingError';
}

/** Silence for so long ends an attempt. */
const SILENCE_MS = 30_000;
const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/** @throws InvalidInputError unless it is an address that a file can be fetched from, without credentials in it */
export function checkUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InvalidInputError(`address ${text}; expected https://… or http://…`);
  }
  if (url.username || url.password) {
    throw new InvalidInputError(`an address of ${url.host} with user and password; expected one without`);
  }
  return url;
}

export function httpOrigin(address: string, proxy: Proxies = {}): Origin {
  const first = checkUrl(address);
  const name = first.origin + first.pathname;
  return {
    // Without parameters, which may be a signature.
    name,
    async open(from, mark, signal) {
      const resumes = from > 0 && mark !== undefined;
      const { statusCode, headers, body } = await ask(
        first,
        resumes ? { range: `bytes=${from}-`, 'if-range': mark } : {},
        proxy,
        signal,
      );
      const refuse = async (error: Error): Promise<never> => {
        body.destroy();
        throw error;
      };
      const whole = headerOf(headers, 'content-range');
      if (statusCode === 416 && resumes) {
        body.destroy();
        // The bytes so far may be all there are.
        if (whole === `bytes */${from}`) return { start: from, total: from, mark, chunks: none() };
        return this.open(0, undefined, signal);
      }
      if (statusCode === 404 || statusCode === 410) {
        return refuse(new FileMissingError(`${name} is not there (${statusCode})`));
      }
      if (statusCode !== 200 && statusCode !== 206) {
        return refuse(new Error(`${name} answered ${statusCode}; expected the file`));
      }
      if (/^text\/html\b/i.test(headerOf(headers, 'content-type') ?? '')) {
        return refuse(new InvalidInputError(`${name} gave a page of HTML; expected a file`));
      }
      const encoding = headerOf(headers, 'content-encoding');
      if (encoding !== undefined && encoding !== 'identity') {
        return refuse(new Error(`${name} gave the file as ${encoding}; expected its bytes`));
      }
      const etag = headerOf(headers, 'etag');
      // A weak mark does not promise the same bytes.
      const strong = etag?.startsWith('W/') ? undefined : etag;
      const length = numberOf(headerOf(headers, 'content-length'));
      if (statusCode === 200) return { start: 0, total: length, mark: strong, chunks: body };
      const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(whole ?? '') ?? [];
      if (!resumes || Number(start) !== from) {
        return refuse(new Error(`${name} gave ${whole ?? 'a part'}; expected bytes from ${resumes ? from : 0}`));
      }
      return { start: from, total: numberOf(total), mark: strong ?? mark, chunks: body };
    },
  };
}

/** Follows redirects, never from https to http. */
async function ask(
  first: URL,
  headers: Record<string, string>,
  proxy: Proxies,
  signal: AbortSignal | undefined,
): Promise<Dispatcher.ResponseData> {
  let url = first;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const answer = await request(url, {
      dispatcher: agentOf(proxy),
      headers: { 'accept-encoding': 'identity', 'user-agent': 'saltworks', ...headers },
      signal,
    }).catch((error) => {
      signal?.throwIfAborted();
      throw new Error(`${url.origin}${url.pathname}: ${reasonOf(error)}`);
    });
    // A body that is dropped says so as an error, which nobody needs to hear; a reader hears of others.
    answer.body.on('error', () => {});
    if (!REDIRECTS.includes(answer.statusCode)) return answer;
    answer.body.destroy();
    url = redirected(url, headerOf(answer.headers, 'location') ?? '');
  }
  throw new Error(`${first.origin}${first.pathname} redirects more than ${MAX_REDIRECTS} times; expected the file`);
}

/** Where a redirect leads. @throws InvalidInputError if that is no place to fetch from, or less safe than before */
export function redirected(from: URL, location: string): URL {
  const next = URL.canParse(location, from.href) ? checkUrl(new URL(location, from.href).href) : undefined;
  if (!next) throw new InvalidInputError(`${from.origin}${from.pathname} redirects to nowhere; expected the file`);
  if (from.protocol === 'https:' && next.protocol !== 'https:') {
    throw new InvalidInputError(`${from.origin} redirects to ${next.origin}; expected https only`);
  }
  return next;
}

const agents = new Map<string, Dispatcher>();

function agentOf({ http, https, no }: Proxies): Dispatcher {
  const key = JSON.stringify([http, https, no]);
  let agent = agents.get(key);
  if (!agent) {
    const options = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };
    // Given as empty, a setting keeps the agent from reading the environment itself.
    const named = { httpProxy: http ?? '', httpsProxy: https ?? http ?? '', noProxy: no ?? '' };
    agent = http || https ? new EnvHttpProxyAgent({ ...options, ...named }) : new Agent(options);
    agents.set(key, agent);
  }
  return agent;
}

/** A file of this machine, or of a folder that it mounts. */
export const fileOrigin = (path: string): Origin => ({
  name: path,
  async open(from, mark, signal) {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) throw new FileMissingError(`no file ${path}`);
    const now = `${found.size}-${found.mtimeMs}`;
    const start = mark === now && from <= found.size ? from : 0;
    return { start, total: found.size, mark: now, chunks: createReadStream(path, { start, signal }) };
  },
});

/** @param name of the store, for messages */
export const objectOrigin = (reader: Reader, key: string, name: string): Origin => ({
  name: `${name}/${key}`,
  async open(from, mark, signal) {
    const found = await reader.head(key, { signal });
    if (!found) throw new FileMissingError(`no object ${key} in ${name}`);
    const start = mark === found.etag && from <= found.size ? from : 0;
    const chunks = reader.stream(key, { range: { start, end: Number.POSITIVE_INFINITY }, signal });
    return { start, total: found.size, mark: found.etag, chunks };
  },
});

function headerOf(headers: Record<string, string | string[] | undefined>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

const numberOf = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);

/** undici hides the reason in the cause. */
const reasonOf = ({ message, cause, code }: Error & { code?: string }): string =>
  (cause instanceof Error ? cause.message : message) || code || 'no answer';

async function* none(): AsyncGenerator<Uint8Array> {}
