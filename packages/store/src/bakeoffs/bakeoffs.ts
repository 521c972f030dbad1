/** Bake-offs as they lie in a store: plans named by their content, parts of their results, reports. */
import {
  type BakeoffPlan,
  type BakeoffReport,
  bakeoffPlan,
  bakeoffReport,
} from '@saltworks/contract/documents/bakeoffs';
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  bakeoffOf,
  bakeoffPartsPrefix,
  bakeoffPlanKey,
  bakeoffPlansPrefix,
  bakeoffReportKey,
} from '@saltworks/contract/layout';
import type { Schema } from '@saltworks/contract/zod';
import { contentId } from '../objects/canonical.ts';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** Writes a plan. The same content has the same id. */
export async function writePlan(
  store: ObjectStore,
  content: Omit<BakeoffPlan, 'version' | 'id'>,
  options?: CallOptions,
): Promise<BakeoffPlan> {
  const plan: BakeoffPlan = { version: 1, id: contentId(content), ...content };
  await store.putIfAbsent(bakeoffPlanKey(plan.subject, plan.id), JSON.stringify(plan), options);
  return plan;
}

/** Undefined where there is no such bake-off. */
export const findPlan = (
  store: ObjectStore,
  subject: Subject,
  id: string,
  options?: CallOptions,
): Promise<BakeoffPlan | undefined> => readDocument(store, bakeoffPlanKey(subject, id), bakeoffPlan, options);

/** @throws InvalidInputError if there is no such bake-off */
export async function readPlan(
  store: ObjectStore,
  subject: Subject,
  id: string,
  options?: CallOptions,
): Promise<BakeoffPlan> {
  const found = await findPlan(store, subject, id, options);
  if (found) return found;
  throw new InvalidInputError(`no bake-off ${id} of ${subject.kind} ${subject.name}; expected one that was started`);
}

/** Undefined until the bake-off is through. */
export const readReport = (
  store: ObjectStore,
  subject: Subject,
  id: string,
  options?: CallOptions,
): Promise<BakeoffReport | undefined> => readDocument(store, bakeoffReportKey(subject, id), bakeoffReport, options);

/** Bake-offs of a campaign or a dataset, and when they were first asked for; the newest first. */
export async function listBakeoffs(
  store: ObjectStore,
  subject: Subject,
  options?: CallOptions,
): Promise<{ id: string; started: Date }[]> {
  const found: { id: string; started: Date }[] = [];
  for await (const { key, modified } of store.list(bakeoffPlansPrefix(subject), options)) {
    const id = bakeoffOf(key);
    if (id !== undefined) found.push({ id, started: modified });
  }
  return found.sort((a, b) => b.started.getTime() - a.started.getTime() || (a.id < b.id ? -1 : 1));
}

/** All parts of a variant's keys or masks. */
export async function* readParts<T>(
  store: ObjectStore,
  { subject, id }: Pick<BakeoffPlan, 'subject' | 'id'>,
  kind: 'keys' | 'masks',
  variant: number,
  schema: Schema<T>,
  options?: CallOptions,
): AsyncGenerator<T> {
  for await (const { key } of store.list(bakeoffPartsPrefix(subject, id, kind, variant), options)) {
    const part = await readDocument(store, key, schema, options);
    if (part) yield part;
  }
}
