/** Two builds compared: what is stored of it, and the run that makes what is not. */
import type { BuildComparison } from '@saltworks/contract/api/builds';
import type { Page } from '@saltworks/contract/api/fields';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Subject } from '@saltworks/contract/documents/builds';
import type { ChangeCause, ComparedImage } from '@saltworks/contract/documents/comparisons';
import * as z from '@saltworks/contract/zod';
import { readComparison, readRanked } from '@saltworks/store/builds/comparisons';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Client } from '@temporalio/client';
import type { Kysely } from 'kysely';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Schema } from '../db/schema.ts';
import { NotFoundError } from '../errors.ts';
import type { Runs } from '../runs/runs.ts';
import { compareBuilds, compareRunId, runWindow } from '../runs/start.ts';
import { findBuild } from './read.ts';

export interface CompareDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  client: Client;
  runs: Runs;
}

interface Asked {
  build: string;
  /** Default: the build that was shown when `build` was made. */
  before?: string;
}

/** @throws NotFoundError if there is no such build */
async function pairOf(db: Kysely<Schema>, subject: Subject, { build, before }: Asked) {
  const { id: after, base, dataset, state } = await findBuild(db, subject, build);
  if (before !== undefined) await findBuild(db, subject, before);
  return { subject, before: before ?? base, after, dataset, state };
}

/** Milliseconds for which a run that failed is told, before another question starts it again. */
const failedMs = 60_000;
/** The comparison, or the run that makes it: started unless it is under way. @throws NotFoundError */
export async function compared(deps: CompareDeps, subject: Subject, asked: Asked): Promise<BuildComparison> {
  const { db, store, client, runs } = deps;
  const { dataset, state, ...pair } = await pairOf(db, subject, asked);
  const { before, after } = pair;
  const comparison = await readComparison(store, pair);
  if (comparison) return { before, after, comparison, run: null };
  // The run that makes a build compares it, too.
  const making = state === 'making' ? await relabelling(runs, dataset, subject) : undefined;
  if (making) return { before, after, comparison: null, run: making };
  const input = { dataset, subject, base: before, build: after, window: runWindow };
  const known = await runs.started({ id: compareRunId(input) }).catch(unlessNone);
  const run = known && stands(known) ? known : await runs.started(await compareBuilds(client, input));
  return { before, after, comparison: null, run };
}

async function relabelling(runs: Runs, dataset: string, { kind, name }: Subject): Promise<DatasetRun | undefined> {
  const all = await runs.list(dataset);
  return all.find((run) => run.kind === 'relabel' && run.of === `${kind}:${name}` && run.state === 'running');
}

function stands({ state, ended }: DatasetRun): boolean {
  if (state === 'running') return true;
  return state !== 'done' && ended !== null && Date.now() - Date.parse(ended) < failedMs;
}

function unlessNone(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

interface Wanted {
  /** `next` of the last part. */
  after?: string;
  limit: number;
  category?: string;
  why?: ChangeCause;
  kept?: boolean;
}

/** Parts of the ranking that one question reads at most. */
const mostParts = 20;
/** A place in the ranking: a part, and how many of its images come before. */
const place = z.tuple([z.int().check(z.gte(0)), z.int().check(z.gte(0))]);

/** The most changed first. None until the builds are compared. @throws NotFoundError */
export async function listCompared(
  { db, store }: Pick<CompareDeps, 'db' | 'store'>,
  subject: Subject,
  asked: Asked,
  { after, limit, ...filter }: Wanted,
): Promise<Page<ComparedImage>> {
  const pair = await pairOf(db, subject, asked);
  const items: ComparedImage[] = [];
  const [first, begun] = after === undefined ? [0, 0] : decodeCursor(place, after);
  // Parts are written before the whole; until then they are not for reading.
  if (!(await readComparison(store, pair))) return { items, next: null };
  for (let part = first; part < first + mostParts; part++) {
    const images = await readRanked(store, pair, part);
    if (!images) return { items, next: null };
    for (let i = part === first ? begun : 0; i < images.length; i++) {
      if (!passes(images[i], filter)) continue;
      if (items.length === limit) return { items, next: encodeCursor([part, i]) };
      items.push(images[i]);
    }
  }
  return { items, next: encodeCursor([first + mostParts, 0]) };
}

function passes(image: ComparedImage, { category, why, kept }: Omit<Wanted, 'after' | 'limit'>): boolean {
  if (kept !== undefined && kept !== (image.kept !== undefined)) return false;
  if (why !== undefined && !image.why.includes(why)) return false;
  return category === undefined || image.classes.some((own) => own.category === category);
}
