/** What webhooks tell of, as text: `campaign:ID`, `dataset:NAME`, `schedule:ID`. */
import type { Subject } from '@saltworks/contract/documents/builds';

export interface Topic {
  kind: Subject['kind'] | 'schedule';
  name: string;
}

export const topicText = ({ kind, name }: Topic): string => `${kind}:${name}`;

/** @param text as `fields.ts` has checked it */
export function topicOf(text: string): Topic {
  const colon = text.indexOf(':');
  return { kind: text.slice(0, colon) as Topic['kind'], name: text.slice(colon + 1) };
}
