/**
 * The operator's token. Knowing the server's secret is owning the server, so the operator acts as an administrator without an
 * account's key: for the first sign-in, and when every key was ended. A token holds for a minute, so a leaked one is soon
 * worthless.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const prefix = 'operator_';
/** Seconds for which a token holds, and by which two clocks may differ. */
const HOLDS = 60;

const now = () => Math.floor(Date.now() / 1000);

/** The token for `Authorization: Bearer …`. */
export function operatorToken(secret: string, seconds = now()): string {
  return `${prefix}${seconds}_${signature(secret, seconds)}`;
}

export function isOperatorToken(token: string, secret: string): boolean {
  const [, seconds, given] = /^operator_(\d{1,12})_([\w-]{43})$/.exec(token) ?? [];
  if (given === undefined || Math.abs(now() - Number(seconds)) > HOLDS) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(signature(secret, Number(seconds))));
}

/** Signs with a key of its own: no other signature by the secret passes as a token. */
function signature(secret: string, seconds: number): string {
  const key = createHmac('sha256', secret).update('saltworks operator').digest();
  return createHmac('sha256', key).update(String(seconds)).digest('base64url');
}
