/** Temporal out of reach: recognised, and waited for. */
import { isGrpcServiceError } from '@temporalio/client';

/** How long to wait for a server that does not answer. */
const OUTAGE_MS = 120_000;
/** gRPC: unknown, deadline exceeded, out of resources, aborted, internal, unavailable. A dying server sends any of them. */
const OUTAGE_CODES = [2, 4, 8, 10, 13, 14];

/** Asks again while nobody answers: a server that restarts has lost nothing. */
export async function throughOutages<T>(ask: () => Promise<T>): Promise<T> {
  let down: number | undefined;
  for (;;) {
    const asked = Date.now();
    try {
      return await ask();
    } catch (error) {
      if (!isOutage(error)) throw error;
      // After a long wait for the answer, the outage has just begun.
      down = down === undefined || Date.now() - asked > 5_000 ? Date.now() : down;
      if (Date.now() - down > OUTAGE_MS) throw error;
      await new Promise((again) => setTimeout(again, 300));
    }
  }
}

/** The client wraps gRPC's errors, not always at the same depth. */
export function isOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return OUTAGE_CODES.includes(cause.code);
  }
  return false;
}
