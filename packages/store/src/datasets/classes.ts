/** The numbers of a dataset's classes. A number never changes once it is given, whatever classes come later. */
import { isDeepStrictEqual } from 'node:util';
import type { Attribute } from '@saltworks/contract/attributes';
import type { Category } from '@saltworks/contract/categories';
import { type CalledClass, type Classes, classes as classesDocument } from '@saltworks/contract/documents/classes';
import { exportPlan, exportSummary } from '@saltworks/contract/documents/exports';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  classesKey,
  classesPrefix,
  classesVersionOf,
  exportPlanKey,
  exportSummaryKey,
  exportsPrefix,
  shareClasses,
} from '@saltworks/contract/layout';
import { findCategory } from '@saltworks/core/mask/mask';
import { readDocument } from '../objects/documents.ts';
import { folderNames } from '../objects/folder-names.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** Names the classes of a recipe's masks (see `classesPrefix`). */
export interface ClassesOf {
  dataset: string;
  recipe: string;
}

/** A version of a campaign's classes. */
export interface NotedSchema {
  version: number;
  /** The classes that it calls otherwise than masks do. */
  called(categories: readonly Category[]): CalledClass[];
  /** What it asks of segments and images, by the numbers of classes; default nothing. */
  attributes?(categories: readonly Category[]): Attribute[];
}

/** A class to be numbered. It gets its own id, unless another class has that. */
export type WantedClass = Pick<Category, 'name' | 'isthing'> & { id?: number };

/**
 * The classes with their numbers. A class without a number gets one now: first the dataset's own, in the order of their
 * ids, then the others. All callers at once get the same numbers.
 *
 * @param own the dataset's
 * @param others in the order in which they are to be numbered
 * @param check throws if the numbers are unusable; then none is given
 * @param schema the version of a campaign's classes that these are, and what it calls them; default what was noted last
 */
export const numberClasses = (
  store: ObjectStore,
  of: ClassesOf,
  own: readonly Category[],
  others: readonly WantedClass[],
  {
    check = () => {},
    schema,
    ...options
  }: CallOptions & { check?(categories: Category[]): void; schema?: NotedSchema } = {},
): Promise<Category[]> =>
  settle(store, of, (known) => numbered(known, [...byId(own), ...others]), { check, schema, ...options });

/**
 * Gives a dataset's classes, not those of its campaigns, the numbers of a list. These come first; a class that had one of
 * their numbers gets another.
 *
 * @throws InvalidInputError if the list has a class or a number twice
 */
export async function pinClasses(
  store: ObjectStore,
  dataset: string,
  list: readonly Category[],
  options: CallOptions = {},
): Promise<Category[]> {
  checkPins(list);
  const next = (known: Category[]) => numbered(byId(list), known);
  return settle(store, { dataset, recipe: '' }, next, { check: () => {}, ...options });
}

/** @throws InvalidInputError if a list has a class or a number twice */
export function checkPins(list: readonly Category[]): void {
  list.forEach(({ id, name, isthing }, i) => {
    const before = list.slice(0, i);
    const other = before.find((one) => one.id === id) ?? findCategory(before, { name, isthing });
    if (!other) return;
    const [first, second] = [other, { id, name }].map((one) => `${one.id} ${JSON.stringify(one.name)}`);
    throw new InvalidInputError(`categories ${first} and ${second}; expected every number and every name once`);
  });
}

/** The classes that have numbers; none where nobody gave any yet. */
export const readClasses = async (store: ObjectStore, of: ClassesOf, options: CallOptions = {}): Promise<Category[]> =>
  (await readLast(store, of, options)).document?.categories ?? [];

/**
 * A version of a campaign's classes as it was noted last, and what it calls them.
 *
 * @param version default the newest that was noted
 * @returns undefined where nobody noted it
 */
export async function readSchema(
  store: ObjectStore,
  of: ClassesOf,
  { version, ...options }: CallOptions & { version?: number } = {},
): Promise<{ version: number; called: CalledClass[]; attributes?: Attribute[] } | undefined> {
  let found: { version: number; called: CalledClass[]; attributes?: Attribute[] } | undefined;
  for await (const { key } of store.list(classesPrefix(of.dataset, of.recipe), options)) {
    const { schema, called = [], attributes } = (await readDocument(store, key, classesDocument, options)) ?? {};
    if (schema === undefined || (version !== undefined && schema !== version)) continue;
    if (!found || schema >= found.version) found = { version: schema, called, ...(attributes && { attributes }) };
  }
  return found;
}

/** The last document of numbers and its version; 0 where there is none. */
async function readLast(
  store: ObjectStore,
  of: ClassesOf,
  options: CallOptions,
): Promise<{ version: number; document?: Classes }> {
  let last: string | undefined;
  for await (const { key } of store.list(classesPrefix(of.dataset, of.recipe), options)) last = key;
  if (last === undefined) return { version: 0 };
  return { version: classesVersionOf(last), document: await readDocument(store, last, classesDocument, options) };
}

/** Starts over whenever another caller was quicker. */
async function settle(
  store: ObjectStore,
  of: ClassesOf,
  next: (known: Category[]) => Category[],
  { check, schema: given, ...options }: CallOptions & { check(categories: Category[]): void; schema?: NotedSchema },
): Promise<Category[]> {
  for (;;) {
    const { version, document: found } = await readLast(store, of, options);
    const known = found?.categories ?? (await exportedBefore(store, of, options));
    const categories = next(known);
    check(categories);
    const {
      schema,
      called = [],
      attributes = [],
    } = given
      ? { schema: given.version, called: given.called(categories), attributes: given.attributes?.(categories) }
      : (found ?? {});
    const document: Classes = {
      ...{ version: 1, categories, ...(schema !== undefined && { schema }) },
      ...(called.length > 0 && { called }),
      ...(attributes.length > 0 && { attributes }),
    };
    if (found && isDeepStrictEqual(found, document)) return categories;
    const key = classesKey(of.dataset, of.recipe, version + 1);
    if (await store.putIfAbsent(key, JSON.stringify(document), options)) return categories;
  }
}

/** The classes that have numbers, followed by those that get one now. */
function numbered(known: readonly Category[], wanted: readonly WantedClass[]): Category[] {
  const categories = [...known];
  const taken = new Set(categories.map(({ id }) => id));
  let most = [...taken, ...wanted.map(({ id }) => id).filter(isNumber)].reduce((a, b) => Math.max(a, b), 0);
  for (const { id, name, isthing } of wanted) {
    if (findCategory(categories, { name, isthing })) continue;
    const own = isNumber(id) && !taken.has(id) ? id : ++most;
    taken.add(own);
    categories.push({ id: own, name, isthing });
  }
  return categories;
}

const byId = (categories: readonly Category[]): Category[] => [...categories].sort((a, b) => a.id - b.id);

/** Sources of datasets may number classes from 0, or with texts. */
const isNumber = (id: unknown): id is number => Number.isSafeInteger(id) && (id as number) > 0;

/** Numbers of the last export, from the time before numbers had documents of their own. */
async function exportedBefore(
  store: ObjectStore,
  { dataset, recipe }: ClassesOf,
  options: CallOptions,
): Promise<Category[]> {
  let last = { made: '', categories: [] as Category[] };
  for await (const id of folderNames(store, exportsPrefix(dataset), options)) {
    const made = (await readDocument(store, exportSummaryKey(dataset, id), exportSummary, options))?.made;
    if (made === undefined || made < last.made) continue;
    const plan = await readDocument(store, exportPlanKey(dataset, id), exportPlan, options);
    if (plan && shareClasses(plan.recipe, recipe)) last = { made, categories: plan.categories };
  }
  return byId(last.categories);
}
