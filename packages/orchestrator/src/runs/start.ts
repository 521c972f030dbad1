/**
 * Runs over datasets: started, or joined where they run already, and followed. A start fails at once while Temporal is away:
 * whoever has time asks again, `throughOutages`.
 */

import type { Standing } from '@saltworks/contract/api/runs';
import { keysId } from '@saltworks/contract/layout';
import type { Retry, Tally } from '@saltworks/contract/messages/activities';
import type { InputOf, ResultOf } from '@saltworks/contract/messages/definitions';
import {
  type CompareRun,
  compareBuilds as compareWorkflow,
  type EvaluateRun,
  type ExportRun,
  type ExtractRun,
  evaluate as evaluateWorkflow,
  exportDataset as exportWorkflow,
  extractDataset as extractWorkflow,
  type PrelabelRun,
  type Progress,
  type PropagateRun,
  prelabel as prelabelWorkflow,
  propagateDataset as propagateWorkflow,
  type RebuildRun,
  type RelabelRequest,
  type RelabelRun,
  type RunWorkflow,
  rebuild as rebuildWorkflow,
  relabelRequest,
  relabel as relabelWorkflow,
  type SearchRun,
  search as searchWorkflow,
} from '@saltworks/contract/messages/runs';
import type { ExtractSettings } from '@saltworks/contract/options';
import * as z from '@saltworks/contract/zod';
import { canonical, sha256Of } from '@saltworks/store/objects/canonical';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowIdConflictPolicy } from '@temporalio/client';
import { ConflictError } from '../errors.ts';
import { throughOutages } from '../temporal/outage.ts';
import { rootOf } from '../temporal/root-cause.ts';
import { describeWorkflow, findWorkflow, startWorkflow, type Workflow } from '../temporal/workflows.ts';
import { memoOf, requestOfRun, runId, subjectIn } from './ids.ts';
import { standingOf } from './standing.ts';

/** Shards that a run works on at the same time, unless somebody chose another number. */
export const runWindow = 8;

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
  const { dataset, verify, retry } = input;
  // A run that verifies, or tries again, is one of its own: one under way that does not is no answer.
  const of = [keysOf(input), ...(verify ? ['verify'] : []), ...(retry ? [retryIn(retry)] : [])].join('/');
  return startOrJoin(client, extractWorkflow, runId('extract', dataset, of), input, keysOf(input));
};

/** A name may hold what an id may not. */
const retryIn = ({ image }: Retry): string => (image === null ? 'retry' : `retry-${sha256Of(image).slice(0, 16)}`);

/** The same for a propagation. @param recipe names its settings */
export const propagateDataset = (client: Client, recipe: string, input: PropagateRun): Promise<Run> =>
  startOrJoin(client, propagateWorkflow, runId('propagate', input.dataset, recipe), input, keysOf(input));

/** The same for an export: one with other options is another. */
export const exportDataset = (client: Client, input: ExportRun): Promise<Run<Tally & { id: string }>> =>
  startOrJoin(
    client,
    exportWorkflow,
    runId('export', input.dataset, `${input.format}${optionsIn(input)}/${input.recipe}`),
    input,
  );

/** The options of an export in the id of its run: `+pictures+split-7-train-0.8-val-0.2+schema-2+selection-0123456789abcdef`. */
function optionsIn({ pictures, split, schema, selection }: ExportRun): string {
  const shares = split?.shares.map(({ name, share }) => `-${name}-${share}`).join('');
  return [
    pictures ? '+pictures' : '',
    split ? `+split-${split.seed}${shares}` : '',
    schema === undefined ? '' : `+schema-${schema}`,
    selection === undefined ? '' : `+selection-${selection}`,
  ].join('');
}

/** The same for a comparison of two builds. */
export const compareBuilds = (client: Client, input: CompareRun): Promise<Run> =>
  startOrJoin(client, compareWorkflow, compareRunId(input), input);

export const compareRunId = ({ dataset, subject, base, build }: CompareRun): string =>
  runId('compare', dataset, `${subjectIn(subject)}/${base ?? 'none'}-${build}`);

/** The same for an evaluation. */
export const evaluateDataset = (client: Client, extract: ExtractSettings, input: EvaluateRun): Promise<Run> =>
  startOrJoin(client, evaluateWorkflow, runId('evaluate', input.dataset, input.evaluation), input, keysOf({ extract }));

/** The same for pre-labels of a dataset. */
export const prelabelDataset = (
  client: Client,
  recipe: string,
  input: PrelabelRun,
): Promise<Run<ResultOf<typeof prelabelWorkflow>>> =>
  startOrJoin(
    client,
    prelabelWorkflow,
    runId('prelabel', input.dataset, `${subjectIn(input.subject)}/${recipe}`),
    input,
    keysOf(input),
  );

/** The same for a search by example. */
export const searchDataset = (client: Client, input: SearchRun): Promise<Run<ResultOf<typeof searchWorkflow>>> =>
  startOrJoin(client, searchWorkflow, runId('search', input.dataset, input.query), input, keysOf(input));

/** The same for a rebuild. */
export const rebuildBuild = (client: Client, input: RebuildRun): Promise<Run<ResultOf<typeof rebuildWorkflow>>> => {
  const { dataset, subject, build } = input;
  return startOrJoin(client, rebuildWorkflow, runId('rebuild', dataset, `${subjectIn(subject)}/${build}`), input);
};

/**
 * Starts a re-labelling, or joins the one that asks for the same.
 *
 * @throws ConflictError while another one of the campaign or dataset is under way
 */
export async function relabelSubject(
  client: Client,
  input: RelabelRun,
): Promise<Run<ResultOf<typeof relabelWorkflow>>> {
  const workflowId = runId('relabel', input.dataset, subjectIn(input.subject));
  // All that tells two of a subject apart; not who asks, and why.
  const request = z.parse(relabelRequest, input);
  const memo = memoOf(keysOf(input), request);
  const workflowIdConflictPolicy = WorkflowIdConflictPolicy.FAIL;
  for (;;) {
    try {
      const started = await startWorkflow(client, relabelWorkflow, input, {
        workflowId,
        workflowIdConflictPolicy,
        memo,
      });
      return runOf(client, relabelWorkflow, workflowId, started);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const running = await describeWorkflow(client, workflowId);
    // It has ended in between.
    if (running.status.name !== 'RUNNING') continue;
    const other = requestOfRun(running.memo);
    if (!other || canonical(other) !== canonical(request))
      throw new ConflictError(whyRefused(input, other, running.startTime));
    return runOf(client, relabelWorkflow, workflowId, findWorkflow(client, relabelWorkflow, workflowId, running.runId));
  }
}

function whyRefused({ subject }: RelabelRun, other: RelabelRequest | undefined, since: Date): string {
  const asked = other ? ` with ${keysOf(other)}, ${other.preset}, promote ${other.promote},` : '';
  return `${subject.kind} ${subject.name} is being re-labelled${asked} since ${since.toISOString()}; expected no other one under way`;
}

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
  const memo = memoOf(keys);
  const started = await startWorkflow(client, definition, input, { workflowId, workflowIdConflictPolicy, memo });
  return runOf(client, definition, workflowId, started);
}

/** A run that was started, or found. */
function runOf<W extends RunWorkflow>(
  client: Client,
  definition: W,
  workflowId: string,
  started: Workflow<W>,
): Run<ResultOf<W>> {
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
