/** Asking the server; what it answers is `core/contract/api.ts`. */

export class ApiError extends Error {
  override name = 'ApiError';
  /** HTTP status; 0 if the server did not answer. */
  readonly status: number;
  readonly detail?: Record<string, unknown>;

  constructor(status: number, message: string, detail?: Record<string, unknown>) {
    super(message);
    this.status = status;
    this.detail = detail;
  }
}

/** @throws ApiError */
export async function api<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await request(method, path, body);
  const text = await answer.text();
  const parsed = parse(text);
  if (answer.ok) return parsed as Answer;
  const { error, message, detail } = (parsed ?? {}) as { error?: string; message?: string; detail?: never };
  throw new ApiError(answer.status, error ?? message ?? `${answer.status} ${answer.statusText}`, detail);
}

/**
 * @param patience milliseconds to keep asking after a 404
 * @throws ApiError
 */
export async function bytes(path: string, patience = 0): Promise<ArrayBuffer> {
  for (const until = Date.now() + patience; ; ) {
    const answer = await request('GET', path);
    if (answer.ok) return answer.arrayBuffer();
    if (answer.status !== 404 || Date.now() > until) {
      throw new ApiError(answer.status, `${path}: ${answer.status} ${answer.statusText}`);
    }
    await new Promise((again) => setTimeout(again, 200));
  }
}

async function request(method: string, path: string, body?: unknown): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
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
