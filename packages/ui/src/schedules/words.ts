/** Schedules in words. */
import type { Firing, ScheduleInfo, ScheduleWork } from '@saltworks/contract/api/schedules';
import { exportFormatTitles } from '@saltworks/contract/export-formats';
import { keysText } from '@saltworks/contract/keys-text';
import { counted, size } from '../plots/figures.ts';

export const kindNames: Record<ScheduleWork['kind'], string> = {
  relabel: 'Re-label',
  import: 'Import',
  consensus: 'Consensus',
  export: 'Export',
  'expire-keys': 'Expiry of keys',
  'expire-views': 'Expiry of views',
};

/** "campaign:cups" as people say it. */
const subjectWords = (subject: string): string => subject.replace(':', ' ');

/** What it does, each time. */
export function workOf(work: ScheduleWork): string {
  switch (work.kind) {
    case 'relabel': {
      const from = work.channel
        ? `with the newest of channel ${work.channel}`
        : work.keys
          ? `with ${keysText(work.keys)}`
          : 'with its own keys';
      return `${subjectWords(work.subject)} ${from}${work.preset ? `, ${work.preset}` : ''}, ${promoteWords[work.promote]}`;
    }
    case 'import':
      return `new and changed files of ${work.dataset}${work.source ? ` from ${work.source}` : ''}`;
    case 'consensus':
      return `of campaign ${work.campaign}, weights ${work.weights === 'equal' ? 'all equal' : 'by reliability'}`;
    case 'export':
      return `${subjectWords(work.subject)} as ${exportFormatTitles[work.format]}${work.keep ? `, the last ${work.keep} stay` : ''}`;
    case 'expire-keys':
      return `of ${work.dataset ?? 'every dataset'} that nobody used for ${counted(work.unused, 'day')}`;
    case 'expire-views':
      return `of every dataset, older than ${counted(work.older, 'day')}`;
  }
}

export const promoteWords = {
  auto: 'shown if the gate is open',
  hold: 'held for a person',
  never: 'made and compared only',
};

/** While a firing is under way, … */
export const overlapWords: Record<ScheduleInfo['overlap'], string> = {
  skip: 'the next is left out',
  buffer: 'the next waits for it',
  cancel: 'the next ends it',
  allow: 'the next goes on beside it',
};

const day = 86_400;

/** @param seconds null: never */
export function catchUpWords(seconds: number | null): string {
  if (seconds === null) return 'missed times are left out';
  const text =
    seconds % day === 0
      ? counted(seconds / day, 'day')
      : seconds % 3_600 === 0
        ? counted(seconds / 3_600, 'hour')
        : counted(Math.round(seconds / 60), 'minute');
  return `missed times are made up for within ${text}`;
}

/** A time as the clocks of a zone show it. @param at ISO 8601 */
export const zoned = (at: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23', timeZone }).format(
    new Date(at),
  );

/** What a firing made, in a few words. */
export function madeOf({ made }: Firing): string {
  const { build, promoted, images, failed, removed, keys, views, bytes } = made;
  return [
    ...(build
      ? [`build ${build.slice(0, 8)}${promoted === undefined ? '' : promoted ? ', shown' : ', not shown'}`]
      : []),
    ...(made.export ? [`export ${made.export}`] : []),
    ...(images === undefined ? [] : [counted(images, 'image')]),
    ...(failed ? [`${failed} failed`] : []),
    ...(removed?.length ? [`${counted(removed.length, 'older export')} removed`] : []),
    ...(keys === undefined ? [] : [`${counted(keys.length, 'set')} of keys removed`]),
    ...(views === undefined ? [] : [`${counted(views, 'view')} removed`]),
    ...(bytes ? [size(bytes)] : []),
  ].join(', ');
}
