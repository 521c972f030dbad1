/**
 * From acknowledged strokes to their answers: what is drawn is put where workers find it, the assignment's workflow has it
 * answered on the node grid and then in pixels, and what comes back becomes events. One answer of a kind is under way at a
 * time for an assignment; strokes that come meanwhile are answered together.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { nodeLabels } from '@saltworks/contract/documents/node-labels';
import { InvalidInputError } from '@saltworks/contract/errors';
import { drawingKey, drawingsPrefix, maskKey, nodeLabelsKey } from '@saltworks/contract/layout';
import {
  type AnnotateRun,
  type Attribution,
  annotateImage,
  annotateWorkflowId,
  type ImageRequest,
  openImages,
} from '@saltworks/contract/messages/annotate';
import type { AnswerOf, RequestOf } from '@saltworks/contract/messages/definitions';
import { replay } from '@saltworks/core/drawing/replay';
import { scribblesOf } from '@saltworks/core/drawing/scribbles-of';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import {
  type Client,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { type Kysely, sql } from 'kysely';
import { type OneAtATime, oneAtATime } from '../../concurrency/one-at-a-time.ts';
import { slots } from '../../concurrency/slots.ts';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { executeWorkflow, findWorkflow, startWorkflow } from '../../temporal/workflows.ts';
import { defects } from '../../workflows/final.ts';
import { type Assignment, findAssignment, unanswered } from '../assignments/assignments.ts';
import { readInteractions } from '../assignments/interactions.ts';
import { findCampaign } from '../campaigns.ts';

/** A pen that rests for so long is waited for with pixels; strokes that follow at once make them pointless. */
const restMs = 150;
/** An answer that does not come is asked for again. */
const answerMs = 20_000;
/**
 * Answers of a kind that are asked for at the same time. More would wait in Temporal and at workers, which grow slower by
 * it and are taken for dead; here what waits is answered together with what comes meanwhile.
 */
const atOnce = { patch: 16, pixel: 4 };

type Updates = typeof annotateImage.updates;

const noMask = { mask: null, uncertainty: null };

export interface Answers {
  /** A workflow for the assignment, and its image in some worker's memory. */
  open(assignment: Assignment, campaign: Campaign): Promise<void>;
  /** Images that are likely to come next. */
  warm(campaign: Campaign, images: readonly ImageRequest['image'][]): Promise<void>;
  /** There is something to answer. */
  answer(assignment: string): void;
  /** The mask of all that is drawn, made now if need be. @throws ConflictError if it cannot be, as things stand */
  settle(assignment: string): Promise<Settled>;
  attribute(assignment: string, at: { x: number; y: number }): Promise<Attribution>;
  renewed(assignment: string, until: Date): void;
  closed(assignment: string): void;
  /** Takes up what an earlier server left. */
  resume(): Promise<void>;
  /** Waits until nothing is under way. */
  close(): Promise<void>;
}

/** A mask of the first n interactions; uncertainty: as its document says it, 0 … 1. */
export interface Settled {
  n: number;
  mask: string;
  uncertainty: number | null;
}

export interface AnswersDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  client: Client;
  /** Told what went wrong and will be tried again. */
  log(message: string): void;
}

export function openAnswers({ db, store, client, log }: AnswersDeps): Answers {
  /** Which worker has an image open, as far as is known. */
  const hosts = new Map<string, string>();
  /** Until when workflows think that leases last. */
  const told = new Map<string, number>();
  const patchSlot = slots(atOnce.patch);
  const pixelSlot = slots(atOnce.pixel);
  let closing = false;
  const stopped = new AbortController();

  const requestOf = ({ image }: Assignment, { backbone, preset, solve }: Campaign): ImageRequest => ({
    image: { sha256: image.sha256, name: image.name, object: image.object },
    extract: { backbone, facet: 'key' },
    preset,
    solve,
  });

  /** As it is now: settings may change while an image is open. */
  const campaignOf = ({ campaign }: Pick<Assignment, 'campaign'>): Promise<Campaign> => findCampaign(db, campaign);

  async function start(assignment: Assignment, campaign: Campaign): Promise<void> {
    const run: AnnotateRun = {
      ...requestOf(assignment, campaign),
      assignment: assignment.id,
      lease: Date.parse(assignment.leaseUntil),
      queue: hosts.get(assignment.image.sha256),
    };
    await startWorkflow(client, annotateImage, run, {
      workflowId: annotateWorkflowId(assignment.id),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
  }

  /**
   * Asks an assignment's workflow, which is started if it is not there.
   *
   * @throws InvalidInputError as the worker did; WorkflowUpdateFailedError if no worker could answer
   */
  async function ask<Name extends keyof Updates>(
    id: string,
    update: Name,
    request: RequestOf<Updates[Name]>,
  ): Promise<AnswerOf<Updates[Name]>> {
    // What may have arrived is not asked twice.
    const updateId = newId();
    for (;;) {
      stopped.signal.throwIfAborted();
      try {
        return await client.connection.withDeadline(Date.now() + answerMs, () =>
          findWorkflow(client, annotateImage, annotateWorkflowId(id)).update(update, request, { updateId }),
        );
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError) throw refusalOf(error) ?? error;
        if (error instanceof WorkflowNotFoundError) {
          const assignment = await findAssignment(db, id);
          await start(assignment, await campaignOf(assignment));
          continue;
        }
        log(`assignment ${id}: ${update}: ${(error as Error).message}; again in a moment`);
        await pause(500);
      }
    }
  }

  /** Ends early when the server does. */
  const pause = (ms: number) => sleep(closing ? 0 : ms, undefined, { signal: stopped.signal }).catch(() => {});

  /** What is drawn, put where workers find it. @throws InvalidInputError if it cannot be answered */
  async function putDrawing(assignment: Assignment, campaign: Campaign): Promise<Drawing> {
    const { id, n, image } = assignment;
    const drawing = replay(await readInteractions(db, id, n));
    const labels = new Set(drawing.strokes.map(({ segment }) => segment));
    // An image of nothing but background is one, too.
    if (labels.size < 2 && !labels.has(0)) {
      throw new InvalidInputError(`${labels.size} of at least two labels drawn, the background being one`);
    }
    const size = { width: image.width ?? 0, height: image.height ?? 0 };
    await store.put(drawingKey(id, n), scribblesOf(drawing, size, campaign.categories));
    return drawing;
  }

  /** Records an answer to the first n interactions and tells of it, unless a later one was recorded. */
  async function record(
    id: string,
    columns: ('answered' | 'refined')[],
    n: number,
    kind: string,
    body: object,
    made?: { mask: string | null; uncertainty: number | null },
  ): Promise<void> {
    // What addEvent does, and all in one statement: somebody waits.
    await db
      .with('answered', (cte) =>
        cte
          .updateTable('assignment')
          .set({ ...Object.fromEntries(columns.map((column) => [column, n])), ...made })
          .set((eb) => ({ event: eb('event', '+', 1) }))
          .where('id', '=', id)
          .where(columns[0], '<', n)
          .returning('event'),
      )
      .insertInto('event')
      .columns(['assignment', 'n', 'kind', 'body'])
      .expression((eb) =>
        eb
          .selectFrom('answered')
          .select([eb.val(id).as('assignment'), 'answered.event as n', eb.val(kind).as('kind')])
          .select(sql<string>`${JSON.stringify({ n, ...body })}::jsonb`.as('body')),
      )
      .execute();
  }

  /** What earlier answers were made of: the log says it all. */
  async function forget(id: string, n: number): Promise<void> {
    const last = drawingKey(id, n);
    for await (const { key } of store.list(drawingsPrefix(id))) if (key < last) await store.delete(key);
  }

  async function patch(assignment: Assignment): Promise<void> {
    const { id, n } = assignment;
    const campaign = await campaignOf(assignment);
    try {
      await putDrawing(assignment, campaign);
      const answer = await ask(id, 'propagate', { n, solve: campaign.solve });
      hosts.set(assignment.image.sha256, answer.queue);
      bound(hosts);
      // A later drawing may have been answered in its place.
      const labels = await readDocument(store, nodeLabelsKey(id, answer.n), nodeLabels);
      await record(id, ['answered'], answer.n, 'patch', { ...labels, ms: answer.ms });
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      // Nothing to refine either.
      await record(id, ['answered', 'refined'], n, 'none', { reason: error.message }, noMask);
    }
  }

  async function pixel(assignment: Assignment): Promise<Settled | undefined> {
    const { id, n } = assignment;
    const { solve } = await campaignOf(assignment);
    try {
      const { mask, uncertainty = null } = await ask(id, 'refine', { n, solve });
      const document = await readDocument(store, maskKey(mask, '.json'), maskDocument);
      await record(id, ['refined'], n, 'pixel', { mask, segments: document?.segments_info }, { mask, uncertainty });
      await forget(id, n);
      return { n, mask, uncertainty };
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      await record(id, ['refined'], n, 'none', { reason: error.message }, noMask);
      return undefined;
    }
  }

  /** Work on assignments that is tried until it succeeds. */
  const chain = (work: (id: string, again: () => boolean) => Promise<void>) =>
    oneAtATime(async (id, again) => {
      while (!stopped.signal.aborted) {
        try {
          return await work(id, again);
        } catch (error) {
          if (stopped.signal.aborted) return;
          log(`assignment ${id}: ${(error as Error).message}; again in a moment`);
          await pause(1000);
        }
      }
    });

  const patches: OneAtATime = chain(async (id) => {
    await patchSlot(async () => {
      const assignment = await findAssignment(db, id);
      if (assignment.answered < assignment.n) await patch(assignment);
    });
    void pixels.run(id);
  });

  const pixels: OneAtATime = chain(async (id, again) => {
    await pause(restMs);
    await pixelSlot(async () => {
      // Whoever is at work there comes here next.
      if (patches.busy(id) || again()) return;
      const assignment = await findAssignment(db, id);
      if (assignment.refined < assignment.n) await pixel(assignment);
    });
  });

  const find = (id: string) => findWorkflow(client, annotateImage, annotateWorkflowId(id));
  /** The workflow has ended, or starts later with the state that the database has. */
  const unheard = () => {};

  return {
    async open(assignment, campaign) {
      await start(assignment, campaign);
    },
    async warm(campaign, images) {
      const missing = images.filter(({ sha256 }) => !hosts.has(sha256));
      if (missing.length === 0) return;
      const { backbone, preset, solve } = campaign;
      const extract = { backbone, facet: 'key' as const };
      const input = { images: missing.map((image) => ({ image, extract, preset, solve })) };
      const opened = await executeWorkflow(client, openImages, input, {
        workflowId: `open/${campaign.id}/${missing.map(({ sha256 }) => sha256.slice(0, 16)).join('-')}`,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      });
      opened.forEach((found, index) => {
        if (found) hosts.set(missing[index].sha256, found.queue);
      });
    },
    answer: (id) => void patches.run(id),
    async settle(id) {
      for (;;) {
        const assignment = await findAssignment(db, id);
        const { n, mask, uncertainty } = assignment;
        if (n === 0)
          throw new ConflictError(
            'nothing drawn; expected strokes for at least two labels, or for the background alone',
          );
        // The chains try for ever; who waits is told what would keep them.
        await putDrawing(assignment, await campaignOf(assignment)).catch(conflict);
        if (assignment.refined >= n && assignment.answered >= n) {
          if (mask) return { n, mask, uncertainty };
          const made = await pixel(assignment);
          if (!made) throw new ConflictError('no mask can be made of what is drawn');
          return made;
        }
        await (assignment.answered < n ? patches : pixels).run(id);
        if (stopped.signal.aborted) throw new ConflictError('the server is stopping; expected another try');
      }
    },
    async attribute(id, at) {
      const assignment = await findAssignment(db, id);
      const { n, answered } = assignment;
      if (n === 0 || answered < n) throw new ConflictError('no answer yet; expected one to be asked about');
      const { solve } = await campaignOf(assignment);
      const found = await ask(id, 'attribute', { n, solve, ...at }).catch(conflict);
      // The worker knows strokes by their place in the drawing.
      const { strokes } = replay(await readInteractions(db, id, n));
      return { ...found, strokes: found.strokes.map(({ n: place, share }) => ({ n: strokes[place - 1].n, share })) };
    },
    renewed(id, until) {
      const end = until.getTime();
      // A workflow asks before it gives a lease up; it is told so that it need not ask often.
      if (end - (told.get(id) ?? 0) < (end - Date.now()) / 3) return;
      told.set(id, end);
      bound(told);
      void find(id).signal('renew', end).catch(unheard);
    },
    closed(id) {
      told.delete(id);
      void find(id).signal('close').catch(unheard);
    },
    async resume() {
      for (const id of await unanswered(db)) void patches.run(id);
    },
    async close() {
      closing = true;
      stopped.abort();
      await Promise.all([patches.settled(), pixels.settled()]);
    },
  };
}

/** Forgets what came first: it is worth remembering, not needed. */
function bound(map: Map<string, unknown>): void {
  if (map.size > 10_000) map.delete(map.keys().next().value as string);
}

/** What is drawn may still grow, and no request knows an image's size: what they do not allow is no fault of its form. */
function conflict(error: unknown): never {
  throw error instanceof InvalidInputError ? new ConflictError(error.message) : error;
}

/** What a worker refused for good, in its own words. */
function refusalOf(error: unknown): InvalidInputError | undefined {
  if (!(error instanceof WorkflowUpdateFailedError)) return undefined;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof ApplicationFailure)) continue;
    if (cause.type === 'InvalidInputError') return new InvalidInputError(cause.message);
    // Asked again it would be the same; the next stroke may be another matter.
    if (defects.includes(cause.type ?? '')) return new InvalidInputError(`internal error: ${cause.message}`);
  }
  return undefined;
}
