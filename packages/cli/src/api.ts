/** The server's API as commands use it. */
import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '@saltworks/core/errors';
import { apiKeyFile } from './serve.ts';
import type { Settings } from './settings.ts';

export type Api = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;

/**
 * @param url of the server, without a slash at its end
 * @throws InvalidInputError where there is no key to speak with
 */
export async function openApi(url: string, { home, apiKey }: Settings): Promise<Api> {
  const key = apiKey ?? (await readFile(apiKeyFile(home), 'utf8').catch(() => undefined));
  if (!key) throw new InvalidInputError('no SALTWORKS_API_KEY; expected a key of an account on that server');
  return async <Answer>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key.trim()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text) as Answer;
    const reason = reasonOf(text) ?? `${answer.status} ${answer.statusText}`;
    throw answer.status < 500 ? new InvalidInputError(reason) : new Error(reason);
  };
}

function reasonOf(text: string): string | undefined {
  try {
    return JSON.parse(text).error;
  } catch {
    return undefined;
  }
}

/** Waits until a server answers. @throws Error if it does not within the time */
export async function waitForServer(url: string, milliseconds = 60_000): Promise<void> {
  const until = Date.now() + milliseconds;
  for (;;) {
    const answer = await fetch(`${url}/api/health`).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > until) throw new Error(`no answer from the server at ${url}`);
    await new Promise((again) => setTimeout(again, 200));
  }
}
