/** Comparisons of two builds as they lie in a store. */
import type { Subject } from '@saltworks/contract/documents/builds';
import {
  type ComparedImage,
  type Comparison,
  comparedImage,
  comparison,
} from '@saltworks/contract/documents/comparisons';
import { parseLines } from '@saltworks/contract/documents/document';
import { comparisonKey, rankedKey } from '@saltworks/contract/layout';
import { readDocument, readText } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** Builds of one campaign or dataset. */
export interface Pair {
  subject: Subject;
  /** Null: nothing. */
  before: string | null;
  after: string;
}

/** Undefined until they are compared. */
export const readComparison = (
  store: ObjectStore,
  { subject, before, after }: Pair,
  options?: CallOptions,
): Promise<Comparison | undefined> => readDocument(store, comparisonKey(subject, before, after), comparison, options);

/** A part of the compared images, the most changed first. @param part from 0 @returns undefined after the last */
export async function readRanked(
  store: ObjectStore,
  { subject, before, after }: Pair,
  part: number,
  options?: CallOptions,
): Promise<ComparedImage[] | undefined> {
  const key = rankedKey(subject, before, after, part);
  const text = await readText(store, key, options);
  return text === undefined ? undefined : parseLines(key, text, comparedImage);
}
