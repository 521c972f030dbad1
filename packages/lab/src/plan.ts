/** What a run is of: which images, which settings; kept in its folder, so that no other run writes there. */
import { join } from 'node:path';
import { parseDocument } from '@saltworks/contract/documents/document';
import { type EvaluationPlan, evaluationPlan } from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import { readIfThere, writeWhole } from './files.ts';
import type { Protocol } from './protocols/protocol.ts';

/** What a run is asked for, before anything is read of its images. */
export type EvaluationSettings = Omit<EvaluationPlan, 'version' | 'images' | 'left_out'>;

/** @param images in the order of rows */
export const planOf = (
  settings: EvaluationSettings,
  images: EvaluationPlan['images'],
  leftOut: EvaluationPlan['left_out'],
): EvaluationPlan => ({
  version: 1,
  ...settings,
  images,
  left_out: [...leftOut].sort((a, b) => (a.name < b.name ? -1 : 1)),
});

/** Whether a protocol takes an image. */
export const isFor = ({ fromNothing = false }: Pick<Protocol, 'fromNothing'>, isDrawn: boolean): boolean =>
  fromNothing || isDrawn;

/** The middle one of each of `most` equal stretches. */
export function spread<T>(values: readonly T[], most = values.length): T[] {
  const count = Math.min(most, values.length);
  return Array.from({ length: count }, (_, i) => values[Math.floor(((i + 0.5) * values.length) / count)]);
}

const fileOf = (out: string): string => join(out, 'evaluation.json');

/** @throws InvalidInputError if the folder of results holds a run in which any of these fields is another */
export async function expectSame(out: string, plan: Partial<EvaluationPlan>): Promise<void> {
  const path = fileOf(out);
  const before = await readIfThere(path);
  if (before === undefined) return;
  const other: Partial<EvaluationPlan> = parseDocument(path, before, evaluationPlan);
  const differs = (field: keyof EvaluationPlan) => JSON.stringify(other[field]) !== JSON.stringify(plan[field]);
  const field = (Object.keys(plan) as (keyof EvaluationPlan)[]).find(differs);
  if (field === undefined) return;
  const values = [other[field], plan[field]].map((value) =>
    typeof value === 'object' ? `${value.length} ${field}` : `${field} ${value}`,
  );
  throw new InvalidInputError(
    `${path} is of another run (${values[0] === values[1] ? `other ${field}` : values.join(', now ')}); expected the same run, or another --out`,
  );
}

/** Writes the plan into the folder of results. @throws InvalidInputError if it holds another run */
export async function keepPlan(out: string, plan: EvaluationPlan): Promise<void> {
  await expectSame(out, plan);
  await writeWhole(fileOf(out), `${JSON.stringify(plan, null, 1)}\n`);
}
