/** What segments are called. */
import type { Drawing, LabelCategory } from '@saltworks/core/contract/annotate';

export function nameOf(id: number, segments: Drawing['segments'], categories: readonly LabelCategory[]): string {
  if (id === 0) return 'background';
  const category = segments.find((segment) => segment.id === id)?.category;
  return `${categories.find((other) => other.id === category)?.name ?? 'segment'} ${id}`;
}
