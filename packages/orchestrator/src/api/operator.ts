/**
 * The operator's word. Whoever knows the server's secret owns the server, and speaks for an administrator without any key:
 * so there is a first sign-in, and a way back when every key was ended. It holds for a minute, so one that leaks is soon
 * worth nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const prefix = 'operator_';
/** Seconds that a token holds, and that two clocks may differ by. */
const HOLDS = 60;

const now = () => Math.floor(Date.now() / 1000);

/** What goes into `Authorization: Bearer …`. */
export function operatorToken(secret: string, seconds = now()): string {
  return `${prefix}${seconds}_${signature(secret, seconds)}`;
}

export function isOperatorToken(token: string, secret: string): boolean {
  const [, seconds, given] = /^operator_(\d{1,12})_([\w-]{43})$/.exec(token) ?? [];
  if (given === undefined || Math.abs(now() - Number(seconds)) > HOLDS) return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(signature(secret, Number(seconds))));
}

/** By a key of its own: nothing else that the secret signs can be taken for this. */
function signature(secret: string, seconds: number): string {
  const key = createHmac('sha256', secret).update('saltworks operator').digest();
  return createHmac('sha256', key).update(String(seconds)).digest('base64url');
}
