/** What a schedule works on, for those who are told of it. */
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import type { Subject } from '@saltworks/contract/documents/builds';

/** Null where it works on every dataset, or on none. */
export function subjectOfWork(work: ScheduleWork): Subject | null {
  if (work.kind === 'consensus') return { kind: 'campaign', name: work.campaign };
  if (work.kind === 'relabel' || work.kind === 'export') {
    const [kind, name] = work.subject.split(':');
    return { kind: kind === 'campaign' ? kind : 'dataset', name };
  }
  return work.kind === 'expire-views' || work.dataset === undefined ? null : { kind: 'dataset', name: work.dataset };
}
