/** The consensus of a task, from a row that is joined with it. */
import { weightsOf } from '../../db/json.ts';
import type { Together } from './chosen-mask.ts';

/** Undefined where there is none. */
export const togetherOf = (row: {
  together: string | null;
  made: Date | null;
  weights: unknown;
}): Together | undefined =>
  row.together !== null && row.made !== null
    ? { mask: row.together, made: row.made, weights: weightsOf(row.weights) }
    : undefined;
