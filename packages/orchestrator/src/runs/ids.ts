/** Ids of runs: KIND/DATASET/OF. */
import type { Subject } from '@saltworks/contract/documents/builds';
import type { OfBakeoff } from '@saltworks/contract/messages/bakeoff';
import { type RelabelRequest, type RunKind, relabelRequest, runWorkflows } from '@saltworks/contract/messages/runs';
import * as z from '@saltworks/contract/zod';

export const runKinds = Object.keys(runWorkflows) as RunKind[];

/** @param of id of the keys, recipe, FORMAT/RECIPE, SUBJECT, SUBJECT/BUILD, SUBJECT/RECIPE, an evaluation, or a search */
export const runId = (kind: RunKind, dataset: string, of: string): string => `${runPrefix(kind, dataset)}${of}`;

/** A campaign or a dataset in the id of its runs. */
export const subjectIn = ({ kind, name }: Subject): string => `${kind}:${name}`;

/** Begins the ids of all runs of a kind over a dataset. */
export const runPrefix = (kind: RunKind, dataset: string): string => `${kind}/${dataset}/`;

/** Ids of bake-offs: a workflow of their own, so that a repeated request joins it. */
export const bakeoffRunId = ({ subject: { kind, name }, bakeoff }: OfBakeoff): string =>
  `bakeoff/${kind}/${name}/${bakeoff}`;

/** The bake-off that a workflow is; undefined of any other. */
export function bakeoffIn(id: string): OfBakeoff | undefined {
  const [, kind, name, bakeoff] = /^bakeoff\/(campaign|dataset)\/([^/]+)\/([^/]+)$/.exec(id) ?? [];
  return bakeoff === undefined ? undefined : { subject: { kind: kind as Subject['kind'], name }, bakeoff };
}

export function partsOfRun(id: string): { kind: RunKind; of: string } {
  const [kind, , ...of] = id.split('/');
  return { kind: kind as RunKind, of: of.join('/') };
}

/** Temporal's note about a run: the id of the keys that it makes or draws on; of a re-labelling also what it asks for. */
export const memoOf = (keys: string | undefined, request?: RelabelRequest): Record<string, unknown> | undefined =>
  keys === undefined ? undefined : { keys, ...(request && { request }) };

/** What a re-labelling asks for, as its memo has it. */
export const requestOfRun = (memo: Record<string, unknown> | undefined): RelabelRequest | undefined =>
  z.safeParse(relabelRequest, memo?.request).data;

/** Null of exports, and of runs that earlier versions started. */
export const keysOfRun = (memo: Record<string, unknown> | undefined): string | null =>
  typeof memo?.keys === 'string' ? memo.keys : null;
