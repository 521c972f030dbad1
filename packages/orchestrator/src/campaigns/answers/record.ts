/** Answers in the database, and the events that tell of them. */
import type { AssignmentEventBody } from '@saltworks/contract/api/events';
import { activeTraceparent } from '@saltworks/telemetry/spans';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../../db/schema.ts';

type AnswerEventKind = 'patch' | 'pixel' | 'none';
/** An event's kind, and its body beside n. */
type AnswerEvent = {
  [Kind in AnswerEventKind]: { kind: Kind; body: Omit<AssignmentEventBody<Kind>, 'n'> };
}[AnswerEventKind];

export type RecordedAnswer = AnswerEvent & {
  /** Interactions that it answers. */
  n: number;
  /** The columns that it moves on to n. */
  columns: readonly ('answered' | 'refined')[];
  made?: { mask: string | null; uncertainty: number | null };
};

/** Records an answer and adds its event, unless a later answer is recorded. */
export async function recordAnswer(
  db: Kysely<Schema>,
  assignment: string,
  { n, columns, kind, body, made }: RecordedAnswer,
): Promise<void> {
  // As `addEvent` does, but in one statement: an annotator waits.
  await db
    .with('answered', (cte) =>
      cte
        .updateTable('assignment')
        .set({ ...Object.fromEntries(columns.map((column) => [column, n])), ...made })
        .set((eb) => ({ event: eb('event', '+', 1) }))
        .where('id', '=', assignment)
        .where(columns[0], '<', n)
        .returning('event'),
    )
    .insertInto('event')
    .columns(['assignment', 'n', 'kind', 'body'])
    .expression((eb) =>
      eb
        .selectFrom('answered')
        .select([eb.val(assignment).as('assignment'), 'answered.event as n', eb.val(kind).as('kind')])
        .select(sql<string>`${JSON.stringify({ n, ...body, trace: activeTraceparent() })}::jsonb`.as('body')),
    )
    .execute();
}

/** Records why there is no answer, neither labels nor mask. */
export const recordRefusal = (
  db: Kysely<Schema>,
  assignment: string,
  n: number,
  columns: RecordedAnswer['columns'],
  { message }: Error,
): Promise<void> =>
  recordAnswer(db, assignment, {
    ...{ n, columns, kind: 'none', body: { reason: message } },
    made: { mask: null, uncertainty: null },
  });
