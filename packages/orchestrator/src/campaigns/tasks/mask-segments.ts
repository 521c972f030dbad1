/** What is in the masks of a campaign's images. */

import type { Task } from '@saltworks/contract/api/tasks';
import type { LabelCategory } from '@saltworks/contract/categories';
import { type MaskDocument, maskDocument } from '@saltworks/contract/documents/masks';
import { maskKey } from '@saltworks/contract/layout';
import { inOrder } from '@saltworks/store/in-order';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { ListedTask } from './read.ts';

/** Documents read side by side. */
const atOnce = 16;

/** Segments of a mask, and their categories by name. */
export const namedSegments = ({ segments_info, categories }: MaskDocument): { id: number; category: string }[] => {
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  return segments_info.map(({ id, category_id }) => ({ id, category: names.get(category_id) ?? '' }));
};

/** Of each task, the segments of the mask that counts; none of a mask that is not there any more. */
export async function withSegments(
  store: ObjectStore,
  tasks: readonly ListedTask[],
  categories: readonly LabelCategory[],
): Promise<Task[]> {
  const ids = new Map(categories.map(({ id, name }) => [name, id]));
  const found: Task[] = [];
  const read = async (task: ListedTask): Promise<Task> => {
    const document =
      task.mask === null ? undefined : await readDocument(store, maskKey(task.mask, '.json'), maskDocument);
    const segments = (document ? namedSegments(document) : []).map(({ id, category }) => ({
      id,
      category: ids.get(category) ?? 0,
    }));
    return { ...task, segments };
  };
  for await (const task of inOrder(tasks, atOnce, read)) found.push(task);
  return found;
}
