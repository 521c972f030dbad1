/** A campaign or a dataset, as addresses name it. */
import type { Subject } from '@saltworks/contract/documents/builds';

/** @param text `campaign:ID` or `dataset:NAME`, as `fields.ts` has checked it */
export function subjectOf(text: string): Subject {
  const colon = text.indexOf(':');
  return { kind: text.slice(0, colon) === 'campaign' ? 'campaign' : 'dataset', name: text.slice(colon + 1) };
}
