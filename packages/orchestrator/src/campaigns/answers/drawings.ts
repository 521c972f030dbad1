/** Drawings in the store, where workers read them. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { InvalidInputError } from '@saltworks/contract/errors';
import { drawingKey, drawingsPrefix } from '@saltworks/contract/layout';
import { replay } from '@saltworks/core/drawing/replay';
import { isDrawnEnough, scribblesOf } from '@saltworks/core/drawing/scribbles-of';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';
import { readInteractions } from '../assignments/interactions.ts';
import type { Assignment } from '../assignments/read.ts';

/** Stores an assignment's drawing. @throws InvalidInputError if it has too few labels for an answer */
export async function putDrawing(
  { db, store }: { db: Kysely<Schema>; store: ObjectStore },
  { id, n, image }: Assignment,
  campaign: Campaign,
): Promise<void> {
  const drawing = replay(await readInteractions(db, id, n));
  if (!isDrawnEnough(drawing)) {
    const labels = new Set(drawing.strokes.map(({ segment }) => segment));
    throw new InvalidInputError(`${labels.size} of at least two labels drawn, the background being one`);
  }
  const size = { width: image.width ?? 0, height: image.height ?? 0 };
  await store.put(drawingKey(id, n), scribblesOf(drawing, size, campaign));
}

/** Deletes an assignment's earlier drawings and their answers: the log has them all. */
export async function forgetDrawings(store: ObjectStore, { id, n }: Pick<Assignment, 'id' | 'n'>): Promise<void> {
  const last = drawingKey(id, n);
  for await (const { key } of store.list(drawingsPrefix(id))) if (key < last) await store.delete(key);
}
