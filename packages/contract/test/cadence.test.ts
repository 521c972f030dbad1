import { describe, expect, test } from 'vitest';
import { newSchedule } from '../src/api/schedules.ts';
import { cadenceOf, checkTimeZone } from '../src/cadence.ts';

describe('when a schedule fires', () => {
  test.each([
    ['0 2 * * *', { cron: '0 2 * * *' }],
    ['  */15  8-18 * * mon-fri ', { cron: '*/15 8-18 * * mon-fri' }],
    ['0 0 1,15 JAN-jun *', { cron: '0 0 1,15 JAN-jun *' }],
    ['30 4 */2 * 1', { cron: '30 4 */2 * 1' }],
    ['0 0 * * 7', { cron: '0 0 * * 7' }],
    ['every 6h', { seconds: 21_600 }],
    ['Every 2 s', { seconds: 2 }],
    ['every 2w', { seconds: 1_209_600 }],
  ])('%s is understood', (text, cadence) => {
    expect(cadenceOf(text)).toEqual(cadence);
  });

  test.each([
    ['hourly', /"hourly"; expected five fields .* or "every 6h"/],
    ['0 2 * *', /expected five fields/],
    ['61 * * * *', /minute 61; expected 0 to 59/],
    ['0 24 * * *', /hour 24; expected 0 to 23/],
    ['0 2 0 * *', /day of the month 0; expected 1 to 31/],
    ['0 2 * foo *', /month foo; expected 1 to 12 or jan to dec/],
    ['0 2 * * 5-1', /day of the week 5-1; expected 0 to 7 or sun to sat/],
    ['*/0 2 * * *', /minute \*\/0/],
    ['1,,2 2 * * *', /minute nothing/],
    ['0 2 1 * mon', /a day of the month and a day of the week; expected one of them to be \*/],
    ['every 0h', /"every 0h"; expected "every N" and s, m, h, d or w/],
    ['every 400d', /at most 366 days/],
    ['every hour', /expected "every N"/],
  ])('%s is refused', (text, reason) => {
    expect(() => cadenceOf(text)).toThrow(reason);
  });

  test('a time zone has a name, since an offset knows nothing of daylight saving', () => {
    for (const name of ['UTC', 'Europe/Berlin', 'America/New_York']) checkTimeZone(name);
    for (const name of ['', '+01:00', 'Europe/Bielefeld']) expect(() => checkTimeZone(name)).toThrow(/expected a name/);
  });

  test('a new schedule that says little fires in UTC, skips what overlaps, and catches up for an hour', () => {
    const work = { kind: 'consensus', campaign: 'pets' };
    expect(newSchedule.parse({ id: 'nightly', work, when: 'every 6h' })).toMatchObject({
      ...{ timezone: 'UTC', overlap: 'skip', catchUp: 3_600, paused: false },
      work: { weights: 'reliability' },
    });
  });
});
