import { type Firing, newSchedule, scheduleKinds } from '@saltworks/contract/api/schedules';
import * as z from '@saltworks/contract/zod';
import { expect, test } from 'vitest';
import { emptySchedule, scheduleOf } from '../../src/schedules/draft.ts';
import { catchUpWords, madeOf, workOf, zoned } from '../../src/schedules/words.ts';

const filled = { ...emptySchedule, id: 'nightly', subject: 'campaign:cups', dataset: 'kitchen', campaign: 'cups' };

test.for(scheduleKinds)('the form of %s is what the API takes, and has words', (kind) => {
  const { data, error } = z.safeParse(newSchedule, scheduleOf({ ...filled, kind }));
  expect(error).toBeUndefined();
  expect(workOf(data!.work)).toMatch(/cups|kitchen|every dataset/);
});

test('fields that the kind of work does not have are left out', () => {
  expect(scheduleOf({ ...filled, channel: 'stable' }).work).toEqual({
    kind: 'relabel',
    subject: 'campaign:cups',
    promote: 'auto',
    channel: 'stable',
  });
  expect(scheduleOf({ ...filled, catchUp: '' }).catchUp).toBeNull();
});

test('times are those of the schedule’s zone, and spans have words', () => {
  expect(zoned('2026-11-30T01:00:00Z', 'Europe/Berlin')).toBe('Nov 30, 2026, 02:00');
  expect([null, 3600, 86_400, 90].map(catchUpWords)).toEqual([
    'missed times are left out',
    'missed times are made up for within 1 hour',
    'missed times are made up for within 1 day',
    'missed times are made up for within 2 minutes',
  ]);
});

test('what a firing made: only of a re-labelling it says whether its build is shown', () => {
  const made = (what: Firing['made']) => madeOf({ made: what } as Firing);
  expect(made({ build: '06fd79ea236e7693', promoted: false, images: 4 })).toBe('build 06fd79ea, not shown, 4 images');
  expect(made({ build: '06fd79ea236e7693', export: 'coco-panoptic-bb4fd6e6' })).toBe(
    'build 06fd79ea, export coco-panoptic-bb4fd6e6',
  );
});
