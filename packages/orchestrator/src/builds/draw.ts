/** Strokes of assignments as workers read them, kept for builds. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Interaction } from '@saltworks/contract/api/interactions';
import { replay } from '@saltworks/core/drawing/replay';
import { scribblesOf } from '@saltworks/core/drawing/scribbles-of';
import { keepStrokes } from '@saltworks/store/builds/strokes';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { interactionOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';

/** Assignments whose interactions are read together. */
const atOnce = 50;

export interface Drawn {
  /** The assignment. */
  id: string;
  n: number;
  width: number | null;
  height: number | null;
}

/** Keeps the strokes of assignments: the bytes that `putDrawing` gave workers. @returns their sha256 by assignment */
export async function keepDrawings(
  { db, store }: { db: Kysely<Schema>; store: ObjectStore },
  labels: Pick<Campaign, 'categories' | 'attributes'>,
  drawn: readonly Drawn[],
): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (let from = 0; from < drawn.length; from += atOnce) {
    const part = drawn.slice(from, from + atOnce);
    const rows = await db
      .selectFrom('interaction')
      .select(['assignment', 'n', 'body'])
      .where(
        'assignment',
        'in',
        part.map(({ id }) => id),
      )
      .orderBy('assignment')
      .orderBy('n')
      .execute();
    const logs = new Map<string, Interaction[]>(part.map(({ id }) => [id, []]));
    const most = new Map(part.map(({ id, n }) => [id, n]));
    for (const { assignment, n, body } of rows) {
      if (n <= (most.get(assignment) ?? 0)) logs.get(assignment)?.push(interactionOf(body));
    }
    for (const { id, width, height } of part) {
      const size = { width: width ?? 0, height: height ?? 0 };
      const bytes = scribblesOf(replay(logs.get(id) ?? []), size, labels);
      kept.set(id, await keepStrokes(store, bytes, '.json'));
    }
  }
  return kept;
}
