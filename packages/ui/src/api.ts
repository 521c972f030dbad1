/** Calls of the server's endpoints. Answers are parsed here and nowhere else. */
import {
  type AnswerOf,
  addressOf,
  answerOf,
  type Endpoint,
  type Given,
  type JsonEndpoint,
  type Optional,
} from '@saltworks/contract/api/endpoint';
import { type Conflict, conflictOf, refusal } from '@saltworks/contract/api/failure';
import { shareHeader } from '@saltworks/contract/traceparent';
import { heed, type Step } from './traces.ts';

export class ApiError extends Error {
  override name = 'ApiError';
  /** 0: nobody answered. */
  readonly status: number;
  readonly detail: Conflict;

  constructor(status: number, message: string, detail: Conflict = {}) {
    super(message);
    this.status = status;
    this.detail = detail;
  }
}

/** @throws ApiError if the server refuses, does not answer, or gives an answer of another form than the endpoint's */
export const ask = <E extends JsonEndpoint>(endpoint: E, ...given: Optional<Given<E>>): Promise<AnswerOf<E>> =>
  askAs(undefined, endpoint, ...given);

/** As `ask`. @param step of a trace, which the request is: it ends with the answer */
export async function askAs<E extends JsonEndpoint>(
  step: Step | undefined,
  endpoint: E,
  ...[given]: Optional<Given<E>>
): Promise<AnswerOf<E>> {
  const { body }: { body?: unknown } = given ?? {};
  const { takes }: Endpoint = endpoint;
  const answer = await request(endpoint.method, addressOf<Endpoint>(endpoint, given), { body, takes, step });
  const json = parse(await answer.text());
  if (!answer.ok) {
    const { error, message, detail } = refusal.safeParse(json).data ?? {};
    throw new ApiError(answer.status, error ?? message ?? `${answer.status} ${answer.statusText}`, conflictOf(detail));
  }
  try {
    return answerOf(endpoint, json);
  } catch (error) {
    throw new ApiError(answer.status, (error as Error).message);
  }
}

/**
 * @param patience milliseconds to keep asking after a 404
 * @param options cache: `reload`: past this browser's copy, which is replaced; step: of a trace, ended with the answer
 * @throws ApiError
 */
export async function bytes(path: string, patience = 0, options: Asking = {}): Promise<ArrayBuffer> {
  for (const until = Date.now() + patience; ; ) {
    const answer = await request('GET', path, options);
    if (answer.ok) return answer.arrayBuffer();
    if (answer.status !== 404 || Date.now() > until) {
      throw new ApiError(answer.status, `${path}: ${answer.status} ${answer.statusText}`);
    }
    await new Promise((again) => setTimeout(again, 200));
  }
}

interface Asking {
  cache?: RequestCache;
  step?: Step;
}

async function request(
  method: string,
  path: string,
  { body, takes = json, cache, step }: Asking & { body?: unknown; takes?: string },
): Promise<Response> {
  const asked = performance.now();
  try {
    const answer = await fetch(path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': takes }),
        ...(step && { traceparent: step.traceparent }),
      },
      body: body === undefined ? undefined : takes === json ? JSON.stringify(body) : (body as Blob),
      cache,
    });
    heed(answer.headers.get(shareHeader), performance.now() - asked);
    step?.end(!answer.ok);
    return answer;
  } catch {
    step?.end(true);
    throw new ApiError(0, 'The server does not answer.');
  }
}

const json = 'application/json';

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
