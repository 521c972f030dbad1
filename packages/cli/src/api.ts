/** The server's API as commands use it. */
import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '@saltworks/core/errors';
import { interruption } from './interrupt.ts';
import { apiKeyFile, type Settings } from './settings.ts';

/**
 * @param path from `/api` on
 * @throws InvalidInputError in the server's words if it refuses, Error if it fails or does not answer
 */
export type Api = <Answer>(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown) => Promise<Answer>;

/**
 * @param url of the server, without a slash at its end
 * @throws InvalidInputError where there is no key to speak with
 */
export async function openApi(url: string, settings: Settings): Promise<Api> {
  const key = settings.apiKey ?? (await homeKey(settings));
  if (!key) throw new InvalidInputError('no SALTWORKS_API_KEY; expected a key of an account on that server');
  return async <Answer>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key.trim()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: interruption,
    }).catch((error) => {
      throw new Error(`no answer from the server at ${url} (${(error.cause ?? error).message})`);
    });
    const text = await answer.text();
    if (answer.ok) return (text === '' ? null : JSON.parse(text)) as Answer;
    const reason = reasonOf(text) ?? `${answer.status} ${answer.statusText}`;
    throw answer.status < 500 ? new InvalidInputError(reason) : new Error(reason);
  };
}

/** A server that starts for the first time writes it a moment after it begins to answer. */
async function homeKey({ home, secret }: Settings, milliseconds = 10_000): Promise<string | undefined> {
  // With a secret of their own, people bring their keys, too.
  const until = Date.now() + (secret === undefined ? milliseconds : 0);
  for (;;) {
    const key = await readFile(apiKeyFile(home), 'utf8').catch(() => '');
    if (key !== '' || Date.now() >= until) return key || undefined;
    await new Promise((again) => setTimeout(again, 100));
  }
}

function reasonOf(text: string): string | undefined {
  try {
    return JSON.parse(text).error;
  } catch {
    return undefined;
  }
}

/** Waits until a server answers. @throws Error if it does not within the time, or on Ctrl-C */
export async function waitForServer(url: string, milliseconds = 60_000): Promise<void> {
  const until = Date.now() + milliseconds;
  for (;;) {
    const answer = await fetch(`${url}/api/health`, { signal: interruption }).catch(() => undefined);
    if (answer?.ok) return;
    interruption.throwIfAborted();
    if (Date.now() > until) throw new Error(`no answer from the server at ${url}`);
    await new Promise((again) => setTimeout(again, 200));
  }
}
