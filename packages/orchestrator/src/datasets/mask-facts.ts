/** What filters ask of masks, as their documents say. They never change, so the database keeps what was read once. */
import { type MaskDocument, maskDocument } from '@saltworks/contract/documents/masks';
import { maskKey } from '@saltworks/contract/layout';
import { inOrder } from '@saltworks/store/in-order';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { namedSegments } from '../campaigns/tasks/mask-segments.ts';
import { namesOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';

export interface MaskFacts {
  /** Names of the categories that it shows. */
  categories: string[];
  /** 0 … 1. */
  uncertainty: number | null;
}

/** Documents that are read side by side. */
const atOnce = 16;

/** @returns facts by mask, without those of masks that are gone; `read`: how many documents it took */
export async function factsOf(
  { db, store }: { db: Kysely<Schema>; store: ObjectStore },
  images: readonly { mask: string | null }[],
): Promise<{ of: Map<string, MaskFacts>; read: number }> {
  const masks = [...new Set(images.flatMap(({ mask }) => mask ?? []))];
  if (masks.length === 0) return { of: new Map(), read: 0 };
  const known = await db.selectFrom('mask_facts').selectAll().where('mask', 'in', masks).execute();
  const of = new Map<string, MaskFacts>(
    known.map(({ mask, categories, uncertainty }) => [mask, { categories: namesOf(categories), uncertainty }]),
  );
  const missing = masks.filter((mask) => !of.has(mask));
  const fresh: { mask: string; categories: string; uncertainty: number | null }[] = [];
  const read = async (mask: string) => [mask, await readDocument(store, maskKey(mask, '.json'), maskDocument)] as const;
  for await (const [mask, document] of inOrder(missing, atOnce, read)) {
    if (!document) continue;
    const facts = { categories: categoriesIn(document), uncertainty: document.uncertainty ?? null };
    of.set(mask, facts);
    fresh.push({ mask, ...facts, categories: JSON.stringify(facts.categories) });
  }
  if (fresh.length > 0) {
    await db
      .insertInto('mask_facts')
      .values(fresh)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  return { of, read: missing.length };
}

/** Names of the categories that a mask shows, in the order of its list. */
export function categoriesIn(document: MaskDocument): string[] {
  const used = new Set(namedSegments(document).map(({ category }) => category));
  return [...new Set(document.categories.map(({ name }) => name))].filter((name) => used.has(name));
}
