/** Clocks: how far another one is from ours. */
import { type Finding, fails, ok, warning } from './check.ts';

/** Seconds: leases and lists look odd; the operator's token, and soon requests to S3, are refused. */
const [odd, refused] = [5, 60];

/** @param ms that the other clock is ahead of ours, about */
export function skewOf(code: string, who: string, ms: number): Finding {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < odd) return ok(code, `within ${odd} s of ${who}'s`);
  const found = `${seconds} s ${ms > 0 ? 'behind' : 'ahead of'} ${who}'s`;
  const mend = 'NTP, on this machine and on that one';
  return seconds < refused ? warning(code, found, mend) : fails(code, found, mend);
}
