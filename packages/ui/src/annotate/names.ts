/** Names of segments. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';

export function nameOf(id: number, segments: Drawing['segments'], categories: readonly LabelCategory[]): string {
  if (id === 0) return 'background';
  const category = segments.find((segment) => segment.id === id)?.category;
  return `${categories.find((other) => other.id === category)?.name ?? 'segment'} ${id}`;
}
