/** The runs over a dataset that Temporal knows: listed, described, paused, cancelled. */

import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Tally } from '@saltworks/contract/messages/activities';
import { bakeoff, type OfBakeoff } from '@saltworks/contract/messages/bakeoff';
import type { ResultOf } from '@saltworks/contract/messages/definitions';
import { type RunWorkflow, rebuilt, relabelled, runWorkflows } from '@saltworks/contract/messages/runs';
import * as z from '@saltworks/contract/zod';
import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { LRUCache } from 'lru-cache';
import { slots } from '../concurrency/slots.ts';
import { NotFoundError } from '../errors.ts';
import { rootOf } from '../temporal/root-cause.ts';
import { findWorkflow } from '../temporal/workflows.ts';
import { bakeoffIn, keysOfRun, partsOfRun, runKinds, runPrefix } from './ids.ts';
import { standingOf } from './standing.ts';
import type { Run } from './start.ts';

export interface Runs {
  /** Bake-offs that are under way, of all datasets. */
  bakeoffs(): Promise<OfBakeoff[]>;
  /** The newest first. @throws Error of the connection while Temporal is away */
  list(dataset: string): Promise<DatasetRun[]>;
  /** The state of a run that was started. @throws NotFoundError if there is none */
  started(run: Pick<Run<Tally>, 'id'>): Promise<DatasetRun>;
  /** One run over a dataset, under way or over. @throws NotFoundError */
  find(dataset: string, id: string): Promise<DatasetRun>;
  /** @throws NotFoundError unless the dataset has such a run, and it is under way */
  control(dataset: string, id: string, action: 'pause' | 'resume' | 'cancel'): Promise<void>;
}

type Execution = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'memo'>;

const most = 50;
/** Milliseconds to wait for Temporal's answer, or for a server's answer to a query. */
const patience = { answer: 5_000, progress: 3_000 };
/** Temporal replays an ended run to answer a query: few at the same time. */
const atOnce = 8;
const remembered = 1_000;

export function openRuns(client: Client): Runs {
  /** Of executions that are over, by their run ids. */
  const known = new LRUCache<string, typeof noMore>({ max: remembered });
  const slot = slots(atOnce);

  const within = <T>(ms: number, ask: () => Promise<T>): Promise<T> =>
    client.connection.withDeadline(Date.now() + ms, ask);

  async function ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await within(patience.answer, question);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new NotFoundError('no such run, or it is over');
      throw error;
    }
  }

  const find = (id: string, execution?: string) =>
    findWorkflow<RunWorkflow>(client, runWorkflows[partsOfRun(id).kind], id, execution);

  async function more({ workflowId, runId, status }: Execution): Promise<typeof noMore> {
    const found = known.get(runId);
    if (found) return found;
    const run = find(workflowId, runId);
    const progress = () => within(patience.progress, () => run.query('progress'));
    const failed = () => within(patience.progress, run.result).then(() => null, reasonOf);
    const standing = () => within(patience.progress, () => standingOf(client, workflowId)).catch(() => ({}));
    const outcome = () => within(patience.progress, run.result).then((result) => outcomeOf(workflowId, result));
    const [now, reason, stands, came] = await Promise.all([
      stateOf(status.name) === 'cancelled' ? null : progress().catch(() => null),
      stateOf(status.name) === 'failed' ? failed() : null,
      status.name === 'RUNNING' ? standing() : {},
      stateOf(status.name) === 'done' ? outcome().catch(() => ({})) : {},
    ]);
    const said = { ...noMore, progress: now, reason, ...stands, ...came };
    if (status.name !== 'RUNNING' && (now || reason)) known.set(runId, said);
    return said;
  }

  const describe = async (info: Execution): Promise<DatasetRun> => {
    const { kind, of } = partsOfRun(info.workflowId);
    return {
      ...{ id: info.workflowId, kind, of, state: stateOf(info.status.name) },
      keys: keysOfRun(info.memo),
      started: info.startTime.toISOString(),
      ended: info.closeTime?.toISOString() ?? null,
      ...(await slot(() => more(info))),
    };
  };

  return {
    bakeoffs: () =>
      ask(async () => {
        const found: OfBakeoff[] = [];
        const query = `WorkflowType = '${bakeoff.type}' AND ExecutionStatus = 'Running'`;
        for await (const { workflowId } of client.workflow.list({ query })) {
          const of = bakeoffIn(workflowId);
          if (of) found.push(of);
        }
        return found;
      }),
    async list(dataset) {
      const ids = runKinds.map((kind) => `WorkflowId STARTS_WITH '${runPrefix(kind, dataset)}'`).join(' OR ');
      // A long run is a chain of executions under one id: all but the last were continued.
      const query = `(${ids}) AND ExecutionStatus != 'ContinuedAsNew'`;
      const found = await ask(async () => {
        const infos: WorkflowExecutionInfo[] = [];
        for await (const info of client.workflow.list({ query, pageSize: most })) {
          if (infos.push(info) === most) break;
        }
        return infos;
      });
      found.sort((a, b) => b.startTime.getTime() - a.startTime.getTime());
      return Promise.all(found.map(describe));
    },
    started: async ({ id }) => describe(await ask(find(id).describe)),
    async find(dataset, id) {
      expectOf(dataset, id);
      return describe(await ask(find(id).describe));
    },
    async control(dataset, id, action) {
      expectOf(dataset, id);
      const run = find(id);
      const { status } = await ask(run.describe);
      // Temporal would accept a signal to an ended run, and lose it.
      if (status.name !== 'RUNNING') throw new NotFoundError('no such run, or it is over');
      await ask(() => (action === 'cancel' ? run.cancel() : run.signal(action)));
    },
  };
}

/** @throws NotFoundError unless a run of this id is one over the dataset */
function expectOf(dataset: string, id: string): void {
  if (!runKinds.some((kind) => id.startsWith(runPrefix(kind, dataset)))) throw new NotFoundError('no such run');
}

/** What came of a run, where that is more than counts. */
function outcomeOf(id: string, result: ResultOf<RunWorkflow>): Pick<DatasetRun, 'relabelled' | 'rebuilt'> {
  const { kind } = partsOfRun(id);
  if (kind === 'relabel') return { relabelled: z.parse(relabelled, result) };
  return kind === 'rebuild' ? { rebuilt: z.parse(rebuilt, result) } : {};
}

const noMore: Pick<DatasetRun, 'progress' | 'reason' | 'waiting' | 'failing' | 'relabelled' | 'rebuilt'> = {
  ...{ progress: null, reason: null },
  ...{ waiting: null, failing: null },
};

const reasonOf = (error: unknown): string => rootOf(error).message.replaceAll('\n', ' ');

function stateOf(status: WorkflowExecutionInfo['status']['name']): DatasetRun['state'] {
  if (status === 'COMPLETED') return 'done';
  if (status === 'FAILED' || status === 'TIMED_OUT') return 'failed';
  return status === 'CANCELLED' || status === 'TERMINATED' ? 'cancelled' : 'running';
}
