/** The work of a firing, by its kind. */
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import type { FiringEnd } from '@saltworks/contract/messages/schedules';
import { doConsensus } from './consensus.ts';
import type { Doing, WorkDeps } from './doing.ts';
import { doExpiry } from './expire-keys.ts';
import { doViewsExpiry } from './expire-views.ts';
import { doExport } from './export.ts';
import { doRelabel } from './relabel.ts';

/** All kinds but imports, which workers do. */
export function doWork(deps: WorkDeps, work: ScheduleWork, doing: Doing): Promise<FiringEnd> {
  switch (work.kind) {
    case 'relabel':
      return doRelabel(deps, work, doing);
    case 'consensus':
      return doConsensus(deps, work, doing);
    case 'export':
      return doExport(deps, work, doing);
    case 'expire-keys':
      return doExpiry(deps, work, doing);
    case 'expire-views':
      return doViewsExpiry(deps, work, doing);
    default:
      throw new TypeError(`work of kind ${work.kind}; expected one that the server does`);
  }
}
