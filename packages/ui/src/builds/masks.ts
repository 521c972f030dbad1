/** The two masks of a compared image, and where they differ. */
import { getBuildImageMask } from '@saltworks/contract/api/builds';
import { addressOf } from '@saltworks/contract/api/endpoint';
import type { Subject } from '@saltworks/contract/documents/builds';
import type { ComparedImage } from '@saltworks/contract/documents/comparisons';
import { useEffect, useState } from 'react';
import type { Labels } from '../annotate/labels.ts';
import { labelsAt } from '../datasets/picture.ts';
import { type Difference, differenceOf } from './difference.ts';
import { textOf } from './subject.ts';

export interface Masks {
  before: Labels;
  after: Labels;
  difference: Difference;
}

/** Pixels of the longer side that the page shows. */
const side = 1280;
/** Pairs that are kept, the images beside the chosen one among them. */
const mostKept = 8;
const kept = new Map<string, Promise<Masks>>();

export interface Pair {
  of: Subject;
  /** Builds; `before` null: nothing. */
  before: string | null;
  after: string;
}

/** Reads both masks, or remembers them. @throws ApiError */
export function masksOf(pair: Pair, image: ComparedImage): Promise<Masks> {
  const key = JSON.stringify([pair, image.id]);
  const known = kept.get(key) ?? readMasks(pair, image);
  kept.delete(key);
  kept.set(key, known);
  known.catch(() => kept.delete(key));
  if (kept.size > mostKept) kept.delete(kept.keys().next().value!);
  return known;
}

async function readMasks({ of, before: old, after: made }: Pair, image: ComparedImage): Promise<Masks> {
  const path = (build: string, which: 'shown' | 'offered') =>
    addressOf(getBuildImageMask, {
      params: { subject: textOf(of), build, image: String(image.id) },
      query: { of: which },
    });
  const [before, after] = await Promise.all([
    old === null || image.before === null ? undefined : labelsAt(path(old, 'shown'), side),
    // The comparison is with what a kept image was offered.
    image.after === null
      ? undefined
      : labelsAt(path(made, image.kept && image.after !== image.before ? 'offered' : 'shown'), side),
  ]);
  const some = before ?? after;
  if (!some) throw new Error('neither build has a mask of this image');
  const empty = { ...some, ids: new Uint32Array(some.ids.length) };
  const both = { before: before ?? empty, after: after ?? empty };
  if (both.before.width !== both.after.width || both.before.height !== both.after.height) {
    throw new Error('the two masks are of different sizes');
  }
  return { ...both, difference: differenceOf(both.before.ids, both.after.ids) };
}

/** @returns undefined while they load */
export function useMasks(pair: Pair, image: ComparedImage): Masks | Error | undefined {
  const [read, setRead] = useState<{ of: string; found: Masks | Error }>();
  const key = JSON.stringify([pair, image.id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says which masks
  useEffect(() => {
    let closed = false;
    const set = (found: Masks | Error) => !closed && setRead({ of: key, found });
    masksOf(pair, image).then(set, set);
    return () => {
      closed = true;
    };
  }, [key]);
  return read?.of === key ? read.found : undefined;
}
