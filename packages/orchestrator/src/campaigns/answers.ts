/**
 * From acknowledged strokes to their answers: what is drawn is put where workers find it, the assignment's workflow has it
 * answered on the node grid and then in pixels, and what comes back becomes events. One answer at a time is under way for
 * an assignment; strokes that come meanwhile are answered together.
 */
import {
  type AnnotateRun,
  type Attribution,
  annotateWorkflowId,
  annotateWorkflows,
  attributeUpdate,
  closeSignal,
  type Drawing,
  type ImageRequest,
  type OpenedImage,
  type PatchAnswer,
  type PatchLabels,
  type PixelAnswer,
  patchUpdate,
  pixelUpdate,
  renewSignal,
  replay,
  scribblesOf,
} from '@saltworks/core/contract/annotate';
import { drawingKey, maskKey, patchKey } from '@saltworks/core/contract/layout';
import { queues } from '@saltworks/core/contract/queues';
import { InvalidInputError } from '@saltworks/core/errors';
import type { ObjectStore } from '@saltworks/store/store';
import { readJson } from '@saltworks/store/text';
import {
  type Client,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';
import { type Assignment, findAssignment, setImageSize, unanswered } from './assignments.ts';
import { type Campaign, findCampaign } from './campaigns.ts';
import { addEvent } from './events.ts';
import { readInteractions } from './interactions.ts';

/** A pen that rests for so long is waited for with pixels; strokes that follow at once make them pointless. */
const restMs = 150;
/** An answer that does not come is asked for again. */
const answerMs = 20_000;

export interface Answers {
  /** A workflow for the assignment, and its image in some worker's memory. */
  open(assignment: Assignment, campaign: Campaign): Promise<void>;
  /** Images that are likely to come next. */
  warm(campaign: Campaign, images: readonly ImageRequest['image'][]): Promise<void>;
  /** There is something to answer. */
  answer(assignment: string): void;
  /** The mask of all that is drawn, made now if need be. @throws InvalidInputError if it cannot be */
  settle(assignment: string): Promise<{ n: number; mask: string }>;
  attribute(assignment: string, at: { x: number; y: number }): Promise<Attribution>;
  renewed(assignment: string, until: Date): void;
  closed(assignment: string): void;
  /** Takes up what an earlier server left. */
  resume(): Promise<void>;
  /** Waits until nothing is under way. */
  close(): Promise<void>;
}

export interface AnswersDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  client: Client;
  /** Told what went wrong and will be tried again. */
  log(message: string): void;
}

export function openAnswers({ db, store, client, log }: AnswersDeps): Answers {
  /** Assignments at work, and whether something came meanwhile. */
  const working = new Map<string, { again: boolean; done: Promise<void> }>();
  /** Which worker has an image open, as far as is known. */
  const hosts = new Map<string, string>();
  let closing = false;
  const stopped = new AbortController();

  const requestOf = ({ image }: Assignment, { backbone, preset, solve }: Campaign): ImageRequest => ({
    image: { sha256: image.sha256, name: image.name, object: image.object },
    extract: { backbone, facet: 'key' },
    preset,
    solve,
  });

  async function start(assignment: Assignment, campaign: Campaign): Promise<void> {
    const run: AnnotateRun = {
      ...requestOf(assignment, campaign),
      assignment: assignment.id,
      lease: Date.parse(assignment.leaseUntil),
      queue: hosts.get(assignment.image.sha256),
    };
    await client.workflow.start(annotateWorkflows.annotateImage, {
      workflowId: annotateWorkflowId(assignment.id),
      taskQueue: queues.workflows,
      args: [run],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
  }

  /** Asks an assignment's workflow, which is started if it is not there. The same question twice is asked once. */
  async function ask<Answer>(id: string, update: string, args: { n: number }, updateId: string): Promise<Answer> {
    for (;;) {
      stopped.signal.throwIfAborted();
      try {
        return await client.connection.withDeadline(Date.now() + answerMs, () =>
          client.workflow
            .getHandle(annotateWorkflowId(id))
            .executeUpdate<Answer, [typeof args]>(update, { updateId, args: [args] }),
        );
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal) throw refusal;
        if (error instanceof WorkflowNotFoundError) {
          const assignment = await findAssignment(db, id);
          await start(assignment, await findCampaign(db, assignment.campaign));
          continue;
        }
        log(`assignment ${id}: ${update}: ${(error as Error).message}; again in a moment`);
        await pause(500);
      }
    }
  }

  const pause = (ms: number) =>
    new Promise<void>((resume) => {
      const timer = setTimeout(resume, closing ? 0 : ms);
      stopped.signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          resume();
        },
        { once: true },
      );
    });

  /** What is drawn, put where workers find it. @throws InvalidInputError if it cannot be answered */
  async function putDrawing(assignment: Assignment, campaign: Campaign): Promise<Drawing> {
    const { id, n, image } = assignment;
    const drawing = replay(await readInteractions(db, id, n));
    const labels = new Set(drawing.strokes.map(({ segment }) => segment));
    if (labels.size < 2) {
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
    mask?: string | null,
  ): Promise<void> {
    await db.transaction().execute(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('assignment')
        .set({ ...Object.fromEntries(columns.map((column) => [column, n])), ...(mask === undefined ? {} : { mask }) })
        .where('id', '=', id)
        .where(columns[0], '<', n)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) await addEvent(tx, id, kind, { n, ...body });
    });
  }

  /** What an earlier answer was made of: the log says it all. */
  async function forget(id: string, n: number): Promise<void> {
    await Promise.all([store.delete(drawingKey(id, n)), store.delete(patchKey(id, n))]);
  }

  async function patch(assignment: Assignment): Promise<void> {
    const { id, n } = assignment;
    const campaign = await findCampaign(db, assignment.campaign);
    try {
      await putDrawing(assignment, campaign);
      const answer = await ask<PatchAnswer>(id, patchUpdate, { n }, `${patchUpdate}-${n}`);
      hosts.set(assignment.image.sha256, answer.queue);
      if (hosts.size > 10_000) hosts.delete(hosts.keys().next().value as string);
      // A later drawing may have been answered in its place.
      const labels = await readJson<PatchLabels>(store, patchKey(id, answer.n));
      await record(id, ['answered'], answer.n, 'patch', { ...labels, ms: answer.ms });
      if (assignment.answered > 0) await forget(id, assignment.answered);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      // Nothing to refine either.
      await record(id, ['answered', 'refined'], n, 'none', { reason: error.message }, null);
    }
  }

  async function pixel({ id, n }: Assignment): Promise<string | undefined> {
    try {
      const { mask } = await ask<PixelAnswer>(id, pixelUpdate, { n }, `${pixelUpdate}-${n}`);
      const document = await readJson<{ segments_info: unknown }>(store, maskKey(mask, '.json'));
      await record(id, ['refined'], n, 'pixel', { mask, segments: document?.segments_info }, mask);
      return mask;
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      await record(id, ['refined'], n, 'none', { reason: error.message }, null);
      return undefined;
    }
  }

  async function work(id: string, state: { again: boolean }): Promise<void> {
    for (;;) {
      state.again = false;
      const assignment = await findAssignment(db, id);
      if (assignment.answered < assignment.n) {
        await patch(assignment);
        continue;
      }
      if (assignment.refined >= assignment.n) {
        if (state.again) continue;
        return;
      }
      await pause(restMs);
      if (!state.again) await pixel(assignment);
    }
  }

  function answer(id: string): Promise<void> {
    const at = working.get(id);
    if (at) {
      at.again = true;
      return at.done;
    }
    const state = { again: false, done: Promise.resolve() };
    working.set(id, state);
    state.done = (async () => {
      while (!stopped.signal.aborted) {
        try {
          await work(id, state);
          return;
        } catch (error) {
          if (stopped.signal.aborted) return;
          log(`assignment ${id}: ${(error as Error).message}; again in a moment`);
          await pause(1000);
        }
      }
    })().finally(() => {
      working.delete(id);
      if (state.again && !stopped.signal.aborted) void answer(id);
    });
    return state.done;
  }

  const tell = (id: string, signal: string, ...args: unknown[]) =>
    void client.workflow
      .getHandle(annotateWorkflowId(id))
      .signal(signal, ...args)
      .catch(() => {
        // It ended, or starts later with what the database says.
      });

  return {
    async open(assignment, campaign) {
      await start(assignment, campaign);
    },
    async warm(campaign, images) {
      const missing = images.filter(({ sha256 }) => !hosts.has(sha256));
      if (missing.length === 0) return;
      const { backbone, preset, solve } = campaign;
      const extract = { backbone, facet: 'key' as const };
      const args = [{ images: missing.map((image) => ({ image, extract, preset, solve })) }];
      const opened = (await client.workflow.execute(annotateWorkflows.openImages, {
        workflowId: `open/${campaign.id}/${missing.map(({ sha256 }) => sha256.slice(0, 16)).join('-')}`,
        taskQueue: queues.workflows,
        args,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      })) as (OpenedImage | null)[];
      opened.forEach((found, index) => {
        if (found) hosts.set(missing[index].sha256, found.queue);
      });
    },
    answer: (id) => void answer(id),
    async settle(id) {
      for (;;) {
        const assignment = await findAssignment(db, id);
        const { n, mask } = assignment;
        if (n === 0) throw new InvalidInputError('nothing drawn; expected strokes for at least two labels');
        if (assignment.refined >= n && assignment.answered >= n) {
          await putDrawing(assignment, await findCampaign(db, assignment.campaign));
          if (mask) return { n, mask };
          const made = await pixel(assignment);
          if (!made) throw new InvalidInputError('no mask can be made of what is drawn');
          return { n, mask: made };
        }
        await answer(id);
        if (stopped.signal.aborted) throw new ConflictError('the server is stopping; expected another try');
      }
    },
    async attribute(id, at) {
      const { n, answered } = await findAssignment(db, id);
      if (n === 0 || answered < n) throw new ConflictError('no answer yet; expected one to be asked about');
      const found = await ask<Attribution>(
        id,
        attributeUpdate,
        { n, ...at },
        `${attributeUpdate}-${n}-${at.x}-${at.y}`,
      );
      // The worker knows strokes by their place in the drawing.
      const { strokes } = replay(await readInteractions(db, id, n));
      return { ...found, strokes: found.strokes.map(({ n: place, share }) => ({ n: strokes[place - 1].n, share })) };
    },
    renewed: (id, until) => tell(id, renewSignal, until.getTime()),
    closed: (id) => tell(id, closeSignal),
    async resume() {
      for (const id of await unanswered(db)) void answer(id);
    },
    async close() {
      closing = true;
      stopped.abort();
      await Promise.allSettled([...working.values()].map(({ done }) => done));
    },
  };
}

/** What a worker refused for good, in its own words. */
function refusalOf(error: unknown): InvalidInputError | undefined {
  if (!(error instanceof WorkflowUpdateFailedError)) return undefined;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure && cause.type === 'InvalidInputError') {
      return new InvalidInputError(cause.message);
    }
  }
  return undefined;
}

/** The image's size from the header of its keys, noted on its task. @throws ConflictError while it has no keys */
export async function sizeOf(
  db: Kysely<Schema>,
  assignment: Assignment,
  readSize: (sha256: string) => Promise<{ width: number; height: number } | undefined>,
): Promise<{ width: number; height: number }> {
  const { width, height, sha256, name } = assignment.image;
  if (width !== null && height !== null) return { width, height };
  const size = await readSize(sha256);
  if (!size) throw new ConflictError(`image ${name} has no keys yet; expected them to be extracted`);
  await setImageSize(db, assignment.task, size);
  return size;
}
