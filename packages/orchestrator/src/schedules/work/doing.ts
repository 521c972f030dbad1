/** What the work of a firing is given, whatever its kind. */
import type { FiringMade } from '@saltworks/contract/messages/schedules';
import type { Deps } from '../../api/routes.ts';
import type { Timed } from '../clock.ts';

export type WorkDeps = Pick<Deps, 'db' | 'store' | 'client' | 'runs' | 'backbones' | 'recipeOf'>;

export interface Doing {
  schedule: string;
  overlap: Timed['overlap'];
  /** Aborted when the firing is ended, and when the server closes. */
  signal: AbortSignal;
  /** Whether the firing is ended: then what it started is ended, too. */
  isCancelled(): boolean;
  /** What earlier attempts made. */
  made: FiringMade;
  /** Notes what it waits for, or has made so far. */
  note(noted: { reason?: string | null; made?: FiringMade }): Promise<void>;
}
