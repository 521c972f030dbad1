/** Probes: whether a process is alive, and whether what it needs answers. */

/** Resolves if a part answers; rejects with the reason if it does not. */
export type Check = (signal: AbortSignal) => Promise<void>;

export interface Readiness {
  ready: boolean;
  /** By part: `ok`, or why not. */
  parts: Record<string, string>;
}

/**
 * @param checks by name of the part: database, temporal, store
 * @param limitMs how long one may take
 */
export async function readiness(checks: Readonly<Record<string, Check>>, limitMs = 2_000): Promise<Readiness> {
  const asked = Object.entries(checks).map(async ([name, check]): Promise<[string, string]> => {
    const signal = AbortSignal.timeout(limitMs);
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error(`no answer within ${limitMs / 1000} s`)), { once: true });
    });
    try {
      await Promise.race([check(signal), late]);
      return [name, 'ok'];
    } catch (error) {
      return [name, (error as Error).message.replaceAll('\n', ' ')];
    }
  });
  const parts = Object.fromEntries(await Promise.all(asked));
  return { ready: Object.values(parts).every((part) => part === 'ok'), parts };
}
