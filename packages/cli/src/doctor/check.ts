/** What a check of a deployment is, and how many run at once. */
import type { Deployment } from './deployment.ts';

export type Level = 'ok' | 'warning' | 'fails';

/** One line of the answer. Neither text ever holds a secret. */
export interface Finding {
  /** Stable: scripts and docs/operate.md name it. */
  code: string;
  level: Level;
  found: string;
  /** What to mend; absent where all is well. */
  mend?: string;
}

/** @returns what was found; nothing where the check does not apply here, or what it needs is told of by another check */
export type Check = (place: Deployment, signal: AbortSignal) => Promise<Finding[]>;

/** Milliseconds that one check may take. */
export const limitMs = 20_000;

export const ok = (code: string, found: string): Finding => ({ code, level: 'ok', found });
export const warning = (code: string, found: string, mend: string): Finding => ({
  ...{ code, level: 'warning', found, mend },
});
export const fails = (code: string, found: string, mend: string): Finding => ({ code, level: 'fails', found, mend });

/** Runs all checks at once, and hands on their findings in the order of the checks. A check that throws, or takes too long, fails. */
export async function* examine(
  place: Deployment,
  checks: Readonly<Record<string, Check>>,
  ms = limitMs,
): AsyncGenerator<Finding> {
  const asked = Object.entries(checks).map(([name, check]) => within(name, ms, (signal) => check(place, signal)));
  for (const findings of asked) yield* await findings;
}

async function within(name: string, ms: number, look: (signal: AbortSignal) => Promise<Finding[]>): Promise<Finding[]> {
  const signal = AbortSignal.timeout(ms);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${ms / 1000} s`)), { once: true });
  });
  try {
    return await Promise.race([look(signal), late]);
  } catch (error) {
    return [fails(name, oneLine(error), 'see what the message says')];
  }
}

/** A message without line breaks. An error of several addresses has its message in each of them. */
export function oneLine(error: unknown): string {
  const { message, errors, cause } = error as Error & { errors?: Error[]; cause?: Error };
  const text = message || errors?.[0]?.message || String(error);
  // fetch says "fetch failed", and its cause why.
  return (cause?.message && text === 'fetch failed' ? cause.message : text).replaceAll(/\s+/g, ' ').trim();
}
