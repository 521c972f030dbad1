/** Documents of others over HTTP: of a server's probe, of an OpenID Connect provider. */
import type * as z from '@saltworks/contract/zod';
import { safeParse } from '@saltworks/contract/zod';

export interface Asked<T> {
  ok: boolean;
  status: number;
  /** Undefined where the answer is of another form. */
  document?: T;
}

/** @throws Error if nobody answers */
export async function askDocument<T>(address: string, schema: z.Schema<T>, signal: AbortSignal): Promise<Asked<T>> {
  const { ok, status, text } = await fetch(address, { signal }).then(async (answer) => ({
    ...{ ok: answer.ok, status: answer.status },
    text: await answer.text(),
  }));
  try {
    return { ok, status, document: safeParse(schema, JSON.parse(text)).data };
  } catch {
    return { ok, status };
  }
}
