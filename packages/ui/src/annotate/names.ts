/** Names of segments: the class, and which of its class it is. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';
import { countedSegments } from '@saltworks/core/drawing/classes';

/** The place of each segment among those of its class, from 1 on, by id. */
export function countsOf(segments: Drawing['segments']): Map<number, number> {
  const so = new Map<number, number>();
  return new Map(
    segments.map(({ id, category }) => {
      const count = (so.get(category) ?? 0) + 1;
      so.set(category, count);
      return [id, count];
    }),
  );
}

/** Such as "cat 2": the second cat of the image. */
export function nameOf(id: number, segments: Drawing['segments'], categories: readonly LabelCategory[]): string {
  if (id === 0) return 'background';
  const counted = countedSegments(segments, categories);
  const category = counted.find((segment) => segment.id === id)?.category;
  const name = categories.find((other) => other.id === category)?.name ?? 'segment';
  return `${name} ${countsOf(counted).get(id) ?? id}`;
}
