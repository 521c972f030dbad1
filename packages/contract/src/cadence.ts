/** When a schedule fires: five fields of a cron line, or `every N` and a unit. Read alike by commands, pages and the server. */
import { InvalidInputError } from './errors.ts';

export type Cadence = { cron: string } | { seconds: number };

const units: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
const longest = 366 * units.d;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  name: string;
  min: number;
  max: number;
  words?: readonly string[];
}

const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: months },
  { name: 'day of the week', min: 0, max: 7, words: days },
];

/**
 * @param text `0 2 * * *` (minute, hour, day of the month, month, day of the week), or `every 6h` (s, m, h, d, w)
 * @throws InvalidInputError that names the part that is wrong
 */
export function cadenceOf(text: string): Cadence {
  const given = text.trim();
  if (/^every\b/i.test(given)) return { seconds: secondsOf(given) };
  const parts = given.split(/\s+/);
  if (parts.length !== fields.length) {
    throw new InvalidInputError(
      `schedule "${given}"; expected five fields (minute, hour, day of the month, month, day of the week: "0 2 * * *"), or "every 6h"`,
    );
  }
  for (const [i, field] of fields.entries()) checkField(given, parts[i], field);
  // Programs disagree whether both must hold, or either.
  if (!parts[2].startsWith('*') && !parts[4].startsWith('*')) {
    throw new InvalidInputError(
      `schedule "${given}" has a day of the month and a day of the week; expected one of them to be *`,
    );
  }
  return { cron: parts.join(' ') };
}

function secondsOf(given: string): number {
  const [, count, unit] = /^every\s+([0-9]{1,9})\s*([smhdw])$/i.exec(given) ?? [];
  const seconds = count === undefined ? Number.NaN : Number(count) * units[unit.toLowerCase()];
  if (seconds >= 1 && seconds <= longest) return seconds;
  throw new InvalidInputError(
    `schedule "${given}"; expected "every N" and s, m, h, d or w, at most 366 days: "every 6h"`,
  );
}

function checkField(given: string, part: string, { name, min, max, words }: Field): void {
  const numberOf = (text: string): number => {
    const word = words?.indexOf(text.toLowerCase()) ?? -1;
    return word >= 0 ? word + min : /^[0-9]{1,4}$/.test(text) ? Number(text) : Number.NaN;
  };
  const isIn = (value: number) => value >= min && value <= max;
  for (const item of part.split(',')) {
    const [, range, step] = /^([^/]+)(?:\/([0-9]{1,4}))?$/.exec(item) ?? [];
    const [from, to, more] = (range ?? '').split('-');
    const isRange = range === '*' || (isIn(numberOf(from)) && (to === undefined || isIn(numberOf(to))));
    const isForwards = range === '*' || to === undefined || numberOf(from) <= numberOf(to);
    if (isRange && isForwards && more === undefined && (step === undefined || Number(step) > 0)) continue;
    const named = words ? ` or ${words[0]} to ${words[words.length - 1]}` : '';
    throw new InvalidInputError(
      `schedule "${given}" with ${name} ${item || 'nothing'}; expected ${min} to ${max}${named}, ranges, lists, or steps (*/15)`,
    );
  }
}

/**
 * @param name of the IANA's time zones: `Europe/Berlin`
 * @throws InvalidInputError
 */
export function checkTimeZone(name: string): void {
  try {
    // An offset would know nothing of daylight saving.
    if (/^[A-Za-z]/.test(name)) new Intl.DateTimeFormat('en', { timeZone: name });
    else throw new RangeError();
  } catch {
    throw new InvalidInputError(`time zone "${name}"; expected a name such as Europe/Berlin or UTC`);
  }
}
