/** Runs over datasets: started, or joined where they run already, and followed. */

import type { Standing } from '@saltworks/contract/api/runs';
import { keysId } from '@saltworks/contract/layout';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { InputOf, ResultOf } from '@saltworks/contract/messages/definitions';
import {
  type CompareRun,
  compareBuilds as compareWorkflow,
  type ExportRun,
  type ExtractRun,
  exportDataset as exportWorkflow,
  extractDataset as extractWorkflow,
  type Progress,
  type PropagateRun,
  propagateDataset as propagateWorkflow,
  type RunWorkflow,
} from '@saltworks/contract/messages/runs';
import type { ExtractSettings } from '@saltworks/contract/options';
import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { throughOutages } from '../temporal/outage.ts';
import { rootOf } from '../temporal/root-cause.ts';
import { findWorkflow, startWorkflow } from '../temporal/workflows.ts';
import { memoOf, runId } from './ids.ts';
import { standingOf } from './standing.ts';

export interface Run<Result extends Tally = Tally> {
  id: string;
  /** Undefined while no server answers: it is starting, or busy. */
  progress(): Promise<Progress | undefined>;
  /** Why it is slow, or stands still; undefined while no server answers. */
  standing(): Promise<Standing | undefined>;
  /** @throws InvalidInputError if an activity refused its input, Error with the reason if the run failed or was cancelled */
  result(): Promise<Result>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  cancel(): Promise<void>;
}

/** Starts an extraction, or joins the one of this dataset and these keys that runs. */
export const extractDataset = (client: Client, input: ExtractRun): Promise<Run> => {
  // A run that verifies is one of its own: one under way that verifies nothing is no answer.
  const of = input.verify ? `${keysOf(input)}/verify` : keysOf(input);
  return startOrJoin(client, extractWorkflow, runId('extract', input.dataset, of), input, keysOf(input));
};

/** The same for a propagation. @param recipe names its settings */
export const propagateDataset = (client: Client, recipe: string, input: PropagateRun): Promise<Run> =>
  startOrJoin(client, propagateWorkflow, runId('propagate', input.dataset, recipe), input, keysOf(input));

/** The same for an export. */
export const exportDataset = (client: Client, input: ExportRun): Promise<Run<Tally & { id: string }>> =>
  startOrJoin(client, exportWorkflow, runId('export', input.dataset, `${input.format}/${input.recipe}`), input);

/** The same for a comparison of two builds. */
export const compareBuilds = (client: Client, input: CompareRun): Promise<Run> =>
  startOrJoin(client, compareWorkflow, compareRunId(input), input);

export const compareRunId = ({ dataset, subject, base, build }: CompareRun): string =>
  runId('compare', dataset, `${subject.kind}:${subject.name}/${base ?? 'none'}-${build}`);

const keysOf = ({ extract }: { extract: ExtractSettings }) => keysId(extract.backbone, extract);

/** @param keys id of the keys that the run makes or draws on, kept with it */
async function startOrJoin<W extends RunWorkflow>(
  client: Client,
  definition: W,
  workflowId: string,
  input: InputOf<W>,
  keys?: string,
): Promise<Run<ResultOf<W>>> {
  const workflowIdConflictPolicy = WorkflowIdConflictPolicy.USE_EXISTING;
  const started = await throughOutages(() =>
    startWorkflow(client, definition, input, { workflowId, workflowIdConflictPolicy, memo: memoOf(keys) }),
  );
  /** A query waits for a server that runs the workflow: not for ever. */
  const soon = <T>(ask: () => Promise<T>): Promise<T | undefined> =>
    client.connection.withDeadline(Date.now() + LOOK_MS, ask).catch(() => undefined);
  // Not bound to one execution: a long run continues as a new one under the same id.
  const run = findWorkflow<RunWorkflow>(client, definition, workflowId);
  return {
    id: workflowId,
    progress: () => soon(() => run.query('progress')),
    standing: () => soon(() => standingOf(client, workflowId)),
    result: () => throughOutages(started.result).catch((error) => Promise.reject(rootOf(error))),
    pause: () => run.signal('pause'),
    resume: () => run.signal('resume'),
    cancel: () => run.cancel(),
  };
}

/** How long one look at a run may take. */
const LOOK_MS = 2_000;
