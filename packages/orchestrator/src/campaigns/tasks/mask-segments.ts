/** The segments of masks. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Task } from '@saltworks/contract/api/tasks';
import { type MaskDocument, maskDocument } from '@saltworks/contract/documents/masks';
import { maskKey } from '@saltworks/contract/layout';
import { byStoredName } from '@saltworks/core/drawing/classes';
import { inOrder } from '@saltworks/store/in-order';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { ListedTask } from './read.ts';

/** Documents read at the same time. */
const atOnce = 16;

/** Segments of a mask with the names of their categories. */
export const namedSegments = ({ segments_info, categories }: MaskDocument): { id: number; category: string }[] => {
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  return segments_info.map(({ id, category_id }) => ({ id, category: names.get(category_id) ?? '' }));
};

/** Adds to each task the segments of its mask; none if the mask is gone. */
export async function withSegments(
  store: ObjectStore,
  tasks: readonly ListedTask[],
  categories: readonly LabelCategory[],
): Promise<Task[]> {
  const classes = byStoredName(categories);
  const found: Task[] = [];
  const read = async (task: ListedTask): Promise<Task> => {
    const document =
      task.mask === null ? undefined : await readDocument(store, maskKey(task.mask, '.json'), maskDocument);
    const segments = (document ? namedSegments(document) : []).map(({ id, category }) => ({
      id,
      category: classes.get(category)?.id ?? 0,
    }));
    return { ...task, segments };
  };
  for await (const task of inOrder(tasks, atOnce, read)) found.push(task);
  return found;
}
