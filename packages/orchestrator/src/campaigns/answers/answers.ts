/**
 * From acknowledged strokes to their answers. An assignment has one answer of a kind under way at a time; strokes that come
 * meanwhile are answered together.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Attribution } from '@saltworks/contract/messages/annotate';
import { replay } from '@saltworks/core/drawing/replay';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { inSpan } from '@saltworks/telemetry/spans';
import type { Client } from '@temporalio/client';
import type { Kysely } from 'kysely';
import { settingsOf } from '../../builds/settings.ts';
import { type OneAtATime, oneAtATime } from '../../concurrency/one-at-a-time.ts';
import { slots } from '../../concurrency/slots.ts';
import type { Schema } from '../../db/schema.ts';
import { ConflictError, inputIsConflict } from '../../errors.ts';
import { readInteractions } from '../assignments/interactions.ts';
import { campaignFor } from '../assignments/pins.ts';
import { type Assignment, findAssignment, unanswered } from '../assignments/read.ts';
import { type AssignmentWorkflows, openAssignmentWorkflows } from './assignment-workflows.ts';
import { openClocks } from './clocks.ts';
import { forgetDrawings, putDrawing } from './drawings.ts';
import { type Hosts, openHosts } from './hosts.ts';
import { type DrawnMask, labelNodes, makeMask } from './make.ts';

/** Milliseconds without a stroke before a mask is made: the next stroke would make it useless. */
const restMs = 150;
/** Milliseconds between a failed answer and the next try. */
const againMs = 1_000;
/**
 * Answers of a kind under way at the same time. More would wait in Temporal and slow the workers down until they seem dead;
 * strokes that wait here are answered together.
 */
const atOnce = { labels: 16, masks: 4 };

export interface Answers extends Pick<AssignmentWorkflows, 'renewed' | 'closed'>, Pick<Hosts, 'warm'> {
  /** Starts the assignment's workflow, which has a worker open the image. */
  open(assignment: Assignment, campaign: Campaign): Promise<void>;
  /** Strokes were acknowledged: answers them. @param stroke the last of them, and when its request came, by `performance.now()` */
  answer(assignment: string, stroke?: { n: number; since: number }): void;
  /** The mask of the whole drawing, made now if need be. @throws ConflictError if the drawing allows none */
  settle(assignment: string): Promise<DrawnMask>;
  /** The strokes that gave a pixel its label. @throws ConflictError unless the drawing has an answer */
  attribute(assignment: string, at: { x: number; y: number }): Promise<Attribution>;
  /** Resumes the work that another server left. @param after milliseconds that strokes have waited for */
  resume(after?: number): Promise<void>;
  /** Waits until no answer is under way. */
  close(): Promise<void>;
}

export interface AnswersDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  client: Client;
  /** Receives failures that are tried again. */
  log(message: string): void;
}

export function openAnswers({ db, store, client, log }: AnswersDeps): Answers {
  const stopping = new AbortController();
  const stopped = stopping.signal;
  // As many as there are assignments at work.
  setMaxListeners(0, stopped);
  const hosts = openHosts(client);
  const workflows = openAssignmentWorkflows({ db, client, hosts, log, stopped });
  const deps = { db, store, workflows, hosts };
  const clocks = openClocks();
  const labelSlot = slots(atOnce.labels);
  const maskSlot = slots(atOnce.masks);
  /** Ends early when the server stops. */
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopped }).catch(() => {});

  /** Work on assignments that is tried until it succeeds. */
  const persistent = (work: (id: string, again: () => boolean, tries: number) => Promise<void>) =>
    oneAtATime(async (id, again) => {
      for (let tries = 1; !stopped.aborted; tries++) {
        try {
          return await work(id, again, tries);
        } catch (error) {
          if (stopped.aborted) return;
          log(`assignment ${id}: ${(error as Error).message}; again in a moment`);
          await pause(againMs);
        }
      }
    });

  const refine = async (assignment: Assignment, tries = 1) => {
    const made = await inSpan('answer mask', {}, () => makeMask(deps, assignment, tries));
    if (!made) clocks.forget(assignment.id);
    else {
      clocks.masked(assignment.id, made.n);
      await forgetDrawings(store, assignment);
    }
    return made;
  };

  const labels: OneAtATime = persistent(async (id, _, tries) => {
    await inSpan('answer labels', {}, () =>
      labelSlot(async () => {
        const assignment = await findAssignment(db, id);
        if (assignment.answered < assignment.n) clocks.labelled(id, await labelNodes(deps, assignment, tries));
      }),
    );
    void masks.run(id);
  });

  const masks: OneAtATime = persistent(async (id, again, tries) => {
    await pause(restMs);
    await maskSlot(async () => {
      // New labels are under way, and lead here again.
      if (labels.busy(id) || again()) return;
      const assignment = await findAssignment(db, id);
      if (assignment.refined < assignment.n) await refine(assignment, tries);
    });
  });

  return {
    open: workflows.start,
    warm: hosts.warm,
    answer(id, stroke) {
      if (stroke) clocks.start(id, stroke);
      void labels.run(id);
    },
    async settle(id) {
      for (;;) {
        const assignment = await findAssignment(db, id);
        const { n, mask, uncertainty } = assignment;
        if (n === 0)
          throw new ConflictError(
            'nothing drawn; expected strokes for at least two labels, or for the background alone',
          );
        // The work below tries for ever; a caller should learn why it would fail.
        await putDrawing(deps, assignment, await campaignFor(db, assignment)).catch(inputIsConflict);
        if (assignment.refined >= n && assignment.answered >= n) {
          if (mask) return { n, mask, uncertainty };
          const made = await refine(assignment, 2);
          if (!made) throw new ConflictError('no mask can be made of what is drawn');
          return made;
        }
        await (assignment.answered < n ? labels : masks).run(id);
        if (stopped.aborted) throw new ConflictError('the server is stopping; expected another try');
      }
    },
    async attribute(id, at) {
      const assignment = await findAssignment(db, id);
      const { n, answered } = assignment;
      if (n === 0 || answered < n) throw new ConflictError('no answer yet; expected one to be asked about');
      const settings = settingsOf(await campaignFor(db, assignment));
      const found = await workflows.ask(id, 'attribute', { n, ...settings, ...at }).catch(inputIsConflict);
      // The worker knows strokes by their place in the drawing.
      const { strokes } = replay(await readInteractions(db, id, n));
      return { ...found, strokes: found.strokes.map(({ n: place, share }) => ({ n: strokes[place - 1].n, share })) };
    },
    renewed: workflows.renewed,
    closed(id) {
      clocks.forget(id);
      workflows.closed(id);
    },
    async resume(after = 0) {
      for (const id of await unanswered(db, new Date(Date.now() - after))) {
        if (!labels.busy(id) && !masks.busy(id)) void labels.run(id);
      }
    },
    async close() {
      stopping.abort();
      await Promise.all([labels.settled(), masks.settled()]);
    },
  };
}
