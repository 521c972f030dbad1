/** The workflows of assignments, one each: started, asked for answers, and kept up to date on leases. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { InvalidInputError } from '@saltworks/contract/errors';
import { annotateImage, annotateWorkflowId } from '@saltworks/contract/messages/annotate';
import type { AnswerOf, RequestOf } from '@saltworks/contract/messages/definitions';
import { canonical } from '@saltworks/store/objects/canonical';
import {
  type Client,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Schema } from '../../db/schema.ts';
import { newId } from '../../ids.ts';
import { orAborted } from '../../temporal/beats.ts';
import { findWorkflow, startWorkflow } from '../../temporal/workflows.ts';
import { defects } from '../../workflows/final.ts';
import { campaignFor } from '../assignments/pins.ts';
import { type Assignment, findAssignment } from '../assignments/read.ts';
import { imageRequestOf } from '../image-request.ts';
import type { Hosts } from './hosts.ts';

/** Milliseconds to wait for an answer before asking again. */
const answerMs = 20_000;
/** Milliseconds between a failed question and the next. */
const againMs = 500;
/** Assignments whose renewed leases are remembered. */
const remembered = 10_000;

type Updates = typeof annotateImage.updates;

export interface AssignmentWorkflows {
  start(assignment: Assignment, campaign: Campaign): Promise<void>;
  /**
   * Asks an assignment's workflow, which is started if it does not run. Servers that ask the same at once get one answer.
   *
   * @param tries from 1; a question that is tried again is another one
   * @throws InvalidInputError as the worker did; WorkflowUpdateFailedError if no worker could answer
   */
  ask<Name extends keyof Updates>(
    assignment: string,
    update: Name,
    request: RequestOf<Updates[Name]>,
    tries?: number,
  ): Promise<AnswerOf<Updates[Name]>>;
  renewed(assignment: string, until: Date): void;
  closed(assignment: string): void;
}

export interface AssignmentWorkflowsDeps {
  db: Kysely<Schema>;
  client: Client;
  hosts: Hosts;
  /** Receives failures that are tried again. */
  log(message: string): void;
  /** Aborted when the server stops. */
  stopped: AbortSignal;
}

export function openAssignmentWorkflows({
  db,
  client,
  hosts,
  log,
  stopped,
}: AssignmentWorkflowsDeps): AssignmentWorkflows {
  /** The last signalled end of each lease, milliseconds since 1970. */
  const told = new LRUCache<string, number>({ max: remembered });
  const find = (id: string) => findWorkflow(client, annotateImage, annotateWorkflowId(id));
  /** The workflow has ended, or starts later with the state that the database has. */
  const unheard = () => {};

  async function start(assignment: Assignment, campaign: Campaign): Promise<void> {
    const { id, image, leaseUntil } = assignment;
    const lease = Date.parse(leaseUntil);
    const run = {
      ...imageRequestOf(campaign, image),
      assignment: id,
      lease,
      queue: hosts.queueOf(campaign, image.sha256),
    };
    await startWorkflow(client, annotateImage, run, {
      workflowId: annotateWorkflowId(id),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
  }

  return {
    start,
    async ask(id, update, request, tries = 1) {
      // An update that arrived is not done twice, whichever server sent it.
      const updateId = tries === 1 ? questionId(update, request) : newId();
      for (;;) {
        stopped.throwIfAborted();
        try {
          const asked = client.connection.withDeadline(Date.now() + answerMs, () =>
            find(id).update(update, request, { updateId }),
          );
          return await orAborted(asked, stopped);
        } catch (error) {
          stopped.throwIfAborted();
          if (error instanceof WorkflowUpdateFailedError) throw refusalOf(error) ?? error;
          if (error instanceof WorkflowNotFoundError) {
            const assignment = await findAssignment(db, id);
            await start(assignment, await campaignFor(db, assignment));
            continue;
          }
          log(`assignment ${id}: ${update}: ${(error as Error).message}; again in a moment`);
          await sleep(againMs, undefined, { signal: stopped }).catch(() => {});
        }
      }
    },
    renewed(id, until) {
      const end = until.getTime();
      // A workflow asks the server before it ends a lease; signals only save questions.
      if (end - (told.get(id) ?? 0) < (end - Date.now()) / 3) return;
      told.set(id, end);
      void find(id).signal('renew', end).catch(unheard);
    },
    closed(id) {
      told.delete(id);
      void find(id).signal('close').catch(unheard);
    },
  };
}

const questionId = (update: string, request: unknown): string =>
  createHash('sha256')
    .update(`${update} ${canonical(request)}`)
    .digest('base64url')
    .slice(0, 32);

/** A worker's final refusal, in its own words. */
function refusalOf(error: WorkflowUpdateFailedError): InvalidInputError | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof ApplicationFailure)) continue;
    if (cause.type === 'InvalidInputError') return new InvalidInputError(cause.message);
    // The same question would fail again; the next stroke may not.
    if (defects.includes(cause.type ?? '')) return new InvalidInputError(`internal error: ${cause.message}`);
  }
  return undefined;
}
