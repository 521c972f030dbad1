/** Runs over datasets, started and followed from outside. */

import { InvalidInputError } from '@saltworks/contract/errors';
import type { Tally } from '@saltworks/contract/messages/activities';
import { queues } from '@saltworks/contract/messages/queues';
import {
  type ExportRun,
  type ExtractRun,
  type Progress,
  type PropagateRun,
  pauseSignal,
  progressQuery,
  resumeSignal,
  type Standing,
  workflows,
} from '@saltworks/contract/messages/runs';
import { type Client, isGrpcServiceError, WorkflowIdConflictPolicy } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { standingOf } from './standing.ts';

export interface Run<Result extends Tally = Tally> {
  id: string;
  /** Undefined while nobody could say: the server is starting, or busy. */
  progress(): Promise<Progress | undefined>;
  /** Why it gets on slowly, or not at all; undefined while nobody could say. */
  standing(): Promise<Standing | undefined>;
  /** @throws InvalidInputError if an activity refused its input, Error with the reason if the run failed or was cancelled */
  result(): Promise<Result>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  cancel(): Promise<void>;
}

/** Names the extraction of a dataset. @param keys id of the keys */
export const extractionId = (dataset: string, keys: string): string => `extract/${dataset}/${keys}`;

/** Starts an extraction, or attaches to the one of this dataset and backbone that runs. @param keys id of the keys */
export const extractDataset = (client: Client, keys: string, input: ExtractRun): Promise<Run> =>
  startOrAttach(client, workflows.extractDataset, extractionId(input.dataset, keys), input);

/** The same for a propagation. @param recipe names its settings */
export const propagateDataset = (client: Client, recipe: string, input: PropagateRun): Promise<Run> =>
  startOrAttach(client, workflows.propagateDataset, `propagate/${input.dataset}/${recipe}`, input);

/** The same for an export. */
export const exportDataset = (client: Client, input: ExportRun): Promise<Run<Tally & { id: string }>> =>
  startOrAttach(client, workflows.exportDataset, `export/${input.dataset}/${input.format}/${input.recipe}`, input);

async function startOrAttach<Result extends Tally>(
  client: Client,
  type: string,
  workflowId: string,
  input: unknown,
): Promise<Run<Result>> {
  const handle = await throughOutages(() =>
    client.workflow.start(type, {
      workflowId,
      taskQueue: queues.workflows,
      args: [input],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    }),
  );
  /** A query waits for whoever runs the workflow: not for ever. */
  const soon = <T>(ask: () => Promise<T>): Promise<T | undefined> =>
    client.connection.withDeadline(Date.now() + LOOK_MS, ask).catch(() => undefined);
  // Not bound to one execution: a long run continues as a new one under the same id.
  const run = client.workflow.getHandle(workflowId);
  return {
    id: workflowId,
    progress: () => soon(() => run.query<Progress>(progressQuery)),
    standing: () => soon(() => standingOf(client, workflowId)),
    result: () =>
      throughOutages(() => handle.result() as Promise<Result>).catch((error) => Promise.reject(rootOf(error))),
    pause: () => run.signal(pauseSignal),
    resume: () => run.signal(resumeSignal),
    cancel: async () => {
      await run.cancel();
    },
  };
}

/** How long one look at a run may take. */
const LOOK_MS = 2_000;
/** How long a server that does not answer is waited for. */
const OUTAGE_MS = 120_000;
/** gRPC: unknown, deadline exceeded, out of resources, aborted, internal, unavailable. A server that can hardly go on says any. */
const OUTAGE_CODES = [2, 4, 8, 10, 13, 14];

/** Asks again while nobody answers: a server that restarts knows all that it knew. */
async function throughOutages<T>(ask: () => Promise<T>): Promise<T> {
  let down: number | undefined;
  for (;;) {
    const asked = Date.now();
    try {
      return await ask();
    } catch (error) {
      if (!isOutage(error)) throw error;
      // An answer that was waited for long means that the outage began just now.
      down = down === undefined || Date.now() - asked > 5_000 ? Date.now() : down;
      if (Date.now() - down > OUTAGE_MS) throw error;
      await new Promise((again) => setTimeout(again, 300));
    }
  }
}

/** The client wraps what gRPC says, not always at the same depth. */
export function isOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return OUTAGE_CODES.includes(cause.code);
  }
  return false;
}

/** What went wrong in the first place: Temporal wraps it once for the activity and once for the workflow. */
export function rootOf(error: unknown): Error {
  let root = error as Error;
  while (root.cause instanceof Error) {
    if (root instanceof ActivityFailure && root.retryState === 'MAXIMUM_ATTEMPTS_REACHED') {
      return new Error(
        `${rootOf(root.cause).message} (given up, as no attempt succeeded; started again, the run goes on where it stopped)`,
      );
    }
    root = root.cause;
  }
  const refused = root instanceof ApplicationFailure && root.type === 'InvalidInputError';
  return refused ? new InvalidInputError(root.message) : root;
}
