/** Probes: whether a process is alive, and whether what it needs answers. */

/** Resolves if a part answers; rejects with the reason if it does not. */
export type Check = (signal: AbortSignal) => Promise<unknown>;

/** By name of the part: database, temporal, store. */
export type Checks = Readonly<Record<string, Check>>;

export interface Readiness {
  ready: boolean;
  /** By part: `ok`, or why not. */
  parts: Record<string, string>;
}

export interface Probes {
  /** Whether all parts answer; asked once a second at most, however many ask. */
  readiness(): Promise<Readiness>;
  /** 1 for each part that answers, 0 for others: for the metric. */
  samples(): Promise<{ labels: { part: string }; value: number }[]>;
  /** From now on the process is not ready: it finishes what is under way. */
  drain(): void;
  readonly draining: boolean;
}

export interface ProbesOptions {
  /** How long one check may take. */
  limitMs?: number;
  /** How long an answer stands. */
  keptMs?: number;
  /** Takes a line when the process stops being ready, with the reasons, and when it is ready again. */
  log?(message: string): void;
}

export function openProbes(checks: Checks, { limitMs, keptMs = 1_000, log }: ProbesOptions = {}): Probes {
  let draining = false;
  let asked: { at: number; answer: Promise<Readiness> } | undefined;
  let was = true;
  const ask = async () => {
    const answer = await readiness(checks, limitMs);
    if (answer.ready !== was) {
      const reasons = Object.entries(answer.parts).filter(([, reason]) => reason !== 'ok');
      log?.(answer.ready ? 'ready again' : `not ready: ${reasons.map((one) => one.join(': ')).join('; ')}`);
    }
    was = answer.ready;
    return answer;
  };
  const now = () => {
    if (!asked || Date.now() - asked.at > keptMs) asked = { at: Date.now(), answer: ask() };
    return asked.answer;
  };
  return {
    async readiness() {
      return draining ? { ready: false, parts: { process: 'draining' } } : now();
    },
    async samples() {
      const { parts } = await now();
      return Object.entries(parts).map(([part, reason]) => ({ labels: { part }, value: reason === 'ok' ? 1 : 0 }));
    },
    drain() {
      draining = true;
    },
    get draining() {
      return draining;
    },
  };
}

/** What anybody may know: which parts answer. Reasons name addresses, so that they stay in the log. */
export const publicly = ({ ready, parts }: Readiness): Readiness => ({
  ready,
  parts: Object.fromEntries(
    Object.entries(parts).map(([name, reason]) => [name, ['ok', 'draining'].includes(reason) ? reason : 'fails']),
  ),
});

/** @param limitMs how long one check may take */
export async function readiness(checks: Checks, limitMs = 2_000): Promise<Readiness> {
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
