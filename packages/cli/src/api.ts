import { readFile } from 'node:fs/promises';
import { getHealth } from '@saltworks/contract/api/accounts';
import {
  type AnswerOf,
  addressOf,
  answerOf,
  type Endpoint,
  type Given,
  type JsonEndpoint,
  type Optional,
} from '@saltworks/contract/api/endpoint';
import { refusal } from '@saltworks/contract/api/failure';
import { InvalidInputError } from '@saltworks/contract/errors';
import { operatorToken } from '@saltworks/orchestrator/api/operator';
import { interruption } from './interrupt.ts';
import { type Settings, secretFile } from './settings.ts';

/**
 * Calls an endpoint.
 *
 * @throws InvalidInputError in the server's words if it refuses, Error if it fails, does not answer, or gives an answer of
 * another form than the endpoint's
 */
export interface Api {
  <E extends JsonEndpoint>(endpoint: E, ...given: Optional<Given<E>>): Promise<AnswerOf<E>>;
  /** The bytes of an answer that is not JSON, as they arrive. @throws as the call itself */
  stream(endpoint: Endpoint): AsyncIterable<Uint8Array>;
}

/** The server is away, or its database or Temporal is: another try later may succeed. */
class NoAnswerError extends Error {}

const json = 'application/json';

/** How long a restarting server may take to answer, milliseconds. */
const patienceMs = 120_000;

/** The same API, for questions that may be asked twice: it asks again while nobody answers. */
export function asking(api: Api): Api {
  const ask = async <E extends JsonEndpoint>(endpoint: E, ...given: Optional<Given<E>>): Promise<AnswerOf<E>> => {
    for (const until = Date.now() + patienceMs; ; ) {
      try {
        return await api(endpoint, ...given);
      } catch (error) {
        interruption.throwIfAborted();
        if (!(error instanceof NoAnswerError) || Date.now() > until) throw error;
        await new Promise((again) => setTimeout(again, 500));
      }
    }
  };
  return Object.assign(ask, { stream: api.stream });
}

/**
 * Authenticates by SALTWORKS_API_KEY, or else as the operator, by the server's secret.
 *
 * @param url of the server, without a slash at its end
 * @throws InvalidInputError if both are missing
 */
export async function openApi(url: string, settings: Settings): Promise<Api> {
  const { apiKey } = settings;
  const secret = apiKey ?? (await secretOf(settings));
  if (!secret) {
    throw new InvalidInputError(
      "no SALTWORKS_API_KEY; expected a key of an account on that server, or the server's SALTWORKS_SECRET",
    );
  }
  const authorization = () => `Bearer ${apiKey?.trim() ?? operatorToken(secret)}`;
  const away = (error: Error): never => {
    throw new NoAnswerError(`no answer from the server at ${url} (${((error.cause as Error) ?? error).message})`);
  };
  const ask = async <E extends JsonEndpoint>(endpoint: E, ...[given]: Optional<Given<E>>): Promise<AnswerOf<E>> => {
    const { body }: { body?: unknown } = given ?? {};
    const { takes = json }: Endpoint = endpoint;
    const { ok, status, statusText, text } = await fetch(`${url}${addressOf<JsonEndpoint>(endpoint, given)}`, {
      method: endpoint.method,
      headers: {
        authorization: authorization(),
        ...(body === undefined ? {} : { 'content-type': takes }),
      },
      body: body === undefined ? undefined : takes === json ? JSON.stringify(body) : (body as Blob),
      signal: interruption,
    })
      .then(async (answer) => {
        const { ok, status, statusText } = answer;
        return { ok, status, statusText, text: await answer.text() };
      })
      .catch(away);
    if (ok) return answerOf(endpoint, text === '' ? null : JSON.parse(text));
    throw refusalOf({ status, statusText, text });
  };
  async function* stream(endpoint: Endpoint): AsyncGenerator<Uint8Array> {
    const answer = await fetch(`${url}${addressOf(endpoint)}`, {
      headers: { authorization: authorization() },
      signal: interruption,
    }).catch(away);
    if (!answer.ok)
      throw refusalOf({ status: answer.status, statusText: answer.statusText, text: await answer.text() });
    try {
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) yield chunk;
    } catch (error) {
      interruption.throwIfAborted();
      away(error as Error);
    }
  }
  return Object.assign(ask, { stream });
}

function refusalOf({ status, statusText, text }: { status: number; statusText: string; text: string }): Error {
  const reason = reasonOf(text) ?? `${status} ${statusText}`;
  if (status < 500) return new InvalidInputError(reason);
  return status === 503 ? new NoAnswerError(reason) : new Error(reason);
}

/** The secret of the settings, or the home's own, which a new server writes before it answers. */
async function secretOf({ home, secret }: Settings, milliseconds = 10_000): Promise<string | undefined> {
  for (const until = Date.now() + milliseconds; ; ) {
    const known = secret ?? (await readFile(secretFile(home), 'utf8').catch(() => ''));
    if (known !== '' || Date.now() >= until) return known || undefined;
    await new Promise((again) => setTimeout(again, 100));
  }
}

function reasonOf(text: string): string | undefined {
  try {
    return refusal.parse(JSON.parse(text)).error;
  } catch {
    return undefined;
  }
}

/** Waits for a server to answer. @throws Error on a timeout or Ctrl-C */
export async function waitForServer(url: string, milliseconds = 60_000): Promise<void> {
  const until = Date.now() + milliseconds;
  for (;;) {
    const answer = await fetch(`${url}${addressOf(getHealth)}`, {
      signal: interruption,
    }).catch(() => undefined);
    if (answer?.ok) return;
    interruption.throwIfAborted();
    if (Date.now() > until) throw new Error(`no answer from the server at ${url}`);
    await new Promise((again) => setTimeout(again, 200));
  }
}
