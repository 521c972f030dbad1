/** Numbers and times, formatted for people. */

const whole = new Intl.NumberFormat('en');

export const count = (n: number): string => whole.format(n);

/** "1 image", "12 images". */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** @param share 0 … 1; a share above 0 is never shown as none */
export const percent = (share: number): string =>
  share > 0 && share < 0.001 ? '< 0.1 %' : `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

export const score = (value: number): string => value.toFixed(3);

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds > 0 && seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

const dayAndTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });

/** @param at ISO 8601 */
export const moment = (at: string): string => dayAndTime.format(new Date(at));
