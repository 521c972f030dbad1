/** A schedule as typed into the form. */
import type { NewSchedule, ScheduleWork } from '@saltworks/contract/api/schedules';
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { emptyKeys, type KeysDraft, keysOf } from '../keys/draft.ts';

export interface ScheduleDraft extends KeysDraft {
  id: string;
  kind: ScheduleWork['kind'];
  /** campaign:ID or dataset:NAME. */
  subject: string;
  dataset: string;
  campaign: string;
  /** Empty: the keys chosen below it. */
  channel: string;
  promote: 'auto' | 'hold' | 'never';
  source: string;
  weights: 'reliability' | 'equal';
  format: ExportFormat;
  /** Numbers, or empty. */
  keep: string;
  unused: string;
  older: string;
  when: string;
  timezone: string;
  overlap: NewSchedule['overlap'];
  /** Seconds; empty: never. */
  catchUp: string;
  note: string;
}

export const emptySchedule: ScheduleDraft = {
  ...emptyKeys,
  id: '',
  kind: 'relabel',
  subject: '',
  dataset: '',
  campaign: '',
  channel: '',
  promote: 'auto',
  source: '',
  weights: 'reliability',
  format: 'coco-panoptic',
  keep: '',
  unused: '30',
  older: '90',
  when: '0 2 * * *',
  timezone: 'UTC',
  overlap: 'skip',
  catchUp: '3600',
  note: '',
};

/** As the API takes it. */
export const scheduleOf = (draft: ScheduleDraft) => ({
  id: draft.id.trim(),
  work: workOf(draft),
  when: draft.when.trim(),
  timezone: draft.timezone.trim(),
  overlap: draft.overlap,
  catchUp: draft.catchUp === '' ? null : Number(draft.catchUp),
  note: draft.note.trim(),
});

function workOf(draft: ScheduleDraft) {
  const { kind, subject, dataset, campaign, channel, promote, source, weights, format, keep, unused, older } = draft;
  switch (kind) {
    case 'relabel':
      return { kind, subject, promote, ...(channel === '' ? { keys: keysOf(draft) } : { channel }) };
    case 'import':
      return { kind, dataset, ...(source.trim() === '' ? {} : { source: source.trim() }) };
    case 'consensus':
      return { kind, campaign, weights };
    case 'export':
      return { kind, subject, format, ...(keep === '' ? {} : { keep: Number(keep) }) };
    case 'expire-keys':
      return { kind, unused: Number(unused), ...(dataset === '' ? {} : { dataset }) };
    case 'expire-views':
      return { kind, older: Number(older) };
  }
}
