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
export async function ask<E extends JsonEndpoint>(endpoint: E, ...[given]: Optional<Given<E>>): Promise<AnswerOf<E>> {
  const { body }: { body?: unknown } = given ?? {};
  const answer = await request(endpoint.method, addressOf<Endpoint>(endpoint, given), body);
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
 * @param cache `reload`: past this browser's copy, which is replaced
 * @throws ApiError
 */
export async function bytes(path: string, patience = 0, cache?: RequestCache): Promise<ArrayBuffer> {
  for (const until = Date.now() + patience; ; ) {
    const answer = await request('GET', path, undefined, cache);
    if (answer.ok) return answer.arrayBuffer();
    if (answer.status !== 404 || Date.now() > until) {
      throw new ApiError(answer.status, `${path}: ${answer.status} ${answer.statusText}`);
    }
    await new Promise((again) => setTimeout(again, 200));
  }
}

async function request(method: string, path: string, body?: unknown, cache?: RequestCache): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache,
    });
  } catch {
    throw new ApiError(0, 'The server does not answer.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
