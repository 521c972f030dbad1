/** Runs over a dataset, as Temporal knows them: listed, started, paused, ended. */

import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Tally } from '@saltworks/contract/messages/activities';
import { type Progress, pauseSignal, progressQuery, resumeSignal } from '@saltworks/contract/messages/runs';
import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import { LRUCache } from 'lru-cache';
import { slots } from '../concurrency/slots.ts';
import { NotFoundError } from '../errors.ts';
import { standingOf } from '../runs/standing.ts';
import { type Run, rootOf } from '../runs/start.ts';

export interface Runs {
  /** The newest first. @throws Error of the connection while Temporal is away */
  list(dataset: string): Promise<DatasetRun[]>;
  /** What a run that was started is now. @throws NotFoundError if none was */
  started(run: Pick<Run<Tally>, 'id'>): Promise<DatasetRun>;
  /** @throws NotFoundError unless the dataset has such a run, and it still runs */
  control(dataset: string, id: string, action: 'pause' | 'resume' | 'cancel'): Promise<void>;
}

type Execution = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime'>;

const kinds = ['extract', 'propagate', 'export'] as const;
const most = 50;
/** Milliseconds in which Temporal answers, or a server says how far a run is. */
const patience = { answer: 5_000, progress: 3_000 };
/** A run that is over is replayed to say how far it came: not many at the same time. */
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

  async function more({ workflowId, runId, status }: Execution): Promise<typeof noMore> {
    const found = known.get(runId);
    if (found) return found;
    const handle = client.workflow.getHandle(workflowId, runId);
    const progress = () => within(patience.progress, () => handle.query<Progress>(progressQuery));
    const failed = () => within(patience.progress, () => handle.result()).then(() => null, reasonOf);
    const standing = () => within(patience.progress, () => standingOf(client, workflowId)).catch(() => ({}));
    const [now, reason, stands] = await Promise.all([
      stateOf(status.name) === 'cancelled' ? null : progress().catch(() => null),
      stateOf(status.name) === 'failed' ? failed() : null,
      status.name === 'RUNNING' ? standing() : {},
    ]);
    const said = { ...noMore, progress: now, reason, ...stands };
    if (status.name !== 'RUNNING' && (now || reason)) known.set(runId, said);
    return said;
  }

  const describe = async (info: Execution): Promise<DatasetRun> => {
    const { kind, of } = partsOf(info.workflowId);
    return {
      ...{ id: info.workflowId, kind, of, state: stateOf(info.status.name) },
      started: info.startTime.toISOString(),
      ended: info.closeTime?.toISOString() ?? null,
      ...(await slot(() => more(info))),
    };
  };

  return {
    async list(dataset) {
      const ids = kinds.map((kind) => `WorkflowId STARTS_WITH '${kind}/${dataset}/'`).join(' OR ');
      // A long run is one after the other under one id: all but the last have been continued.
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
    started: async ({ id }) => describe(await ask(() => client.workflow.getHandle(id).describe())),
    async control(dataset, id, action) {
      if (!kinds.some((kind) => id.startsWith(`${kind}/${dataset}/`))) throw new NotFoundError('no such run');
      const handle = client.workflow.getHandle(id);
      const { status } = await ask(() => handle.describe());
      // Temporal would take a word to what is over, and lose it.
      if (status.name !== 'RUNNING') throw new NotFoundError('no such run, or it is over');
      const controls = {
        cancel: () => handle.cancel(),
        pause: () => handle.signal(pauseSignal),
        resume: () => handle.signal(resumeSignal),
      };
      await ask<unknown>(controls[action]);
    },
  };
}

const noMore: Pick<DatasetRun, 'progress' | 'reason' | 'waiting' | 'failing'> = {
  ...{ progress: null, reason: null },
  ...{ waiting: null, failing: null },
};

const reasonOf = (error: unknown): string => rootOf(error).message.replaceAll('\n', ' ');

/** KIND/DATASET/OF, as client.ts names runs. */
function partsOf(id: string): Pick<DatasetRun, 'kind' | 'of'> {
  const [kind, , ...of] = id.split('/');
  return { kind: kind as DatasetRun['kind'], of: of.join('/') };
}

function stateOf(status: WorkflowExecutionInfo['status']['name']): DatasetRun['state'] {
  if (status === 'COMPLETED') return 'done';
  if (status === 'FAILED' || status === 'TIMED_OUT') return 'failed';
  return status === 'CANCELLED' || status === 'TERMINATED' ? 'cancelled' : 'running';
}
