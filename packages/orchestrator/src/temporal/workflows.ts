/**
 * The one door to workflows: each is started, asked and told by its definition, and its answers are checked on the way in.
 */
import type {
  AnswerOf,
  InputOf,
  RequestOf,
  ResultOf,
  WorkflowDefinition,
} from '@saltworks/contract/messages/definitions';
import { queues } from '@saltworks/contract/messages/queues';
import { received } from '@saltworks/contract/messages/received';
import type * as z from '@saltworks/contract/zod';
import type { Client, WorkflowExecutionDescription, WorkflowStartOptions } from '@temporalio/client';

export interface Workflow<W extends WorkflowDefinition> {
  result(): Promise<ResultOf<W>>;
  /** @param options.updateId an update that is sent twice under one id is done once */
  update<Name extends keyof W['updates'] & string>(
    name: Name,
    request: RequestOf<W['updates'][Name]>,
    options: { updateId: string },
  ): Promise<AnswerOf<W['updates'][Name]>>;
  signal<Name extends keyof W['signals'] & string>(name: Name, ...sent: Sent<W['signals'][Name]>): Promise<void>;
  query<Name extends keyof W['queries'] & string>(name: Name): Promise<z.infer<W['queries'][Name]>>;
  describe(): Promise<WorkflowExecutionDescription>;
  cancel(): Promise<void>;
}

/** Nothing, or one value. */
type Sent<S extends z.core.$ZodType> = z.infer<S> extends void ? [] : [z.infer<S>];

type StartOptions = Pick<
  WorkflowStartOptions,
  'workflowId' | 'workflowIdConflictPolicy' | 'workflowIdReusePolicy' | 'workflowExecutionTimeout' | 'memo'
>;

/** @returns the started execution, or the running one if `options` allow it */
export async function startWorkflow<const W extends WorkflowDefinition>(
  client: Client,
  definition: W,
  input: InputOf<W>,
  options: StartOptions & { workflowId: string },
): Promise<Workflow<W>> {
  const started = await client.workflow.start(definition.type, {
    ...options,
    taskQueue: queues.workflows,
    args: [input],
  });
  return workflowOf(definition, started);
}

/** Starts a workflow and waits for its result. */
export async function executeWorkflow<const W extends WorkflowDefinition>(
  client: Client,
  definition: W,
  input: InputOf<W>,
  options: StartOptions & { workflowId: string },
): Promise<ResultOf<W>> {
  return (await startWorkflow(client, definition, input, options)).result();
}

/** @param runId one execution; without it, the one that runs under the id, or ran last */
export const findWorkflow = <const W extends WorkflowDefinition>(
  client: Client,
  definition: W,
  workflowId: string,
  runId?: string,
): Workflow<W> => workflowOf(definition, client.workflow.getHandle(workflowId, runId));

/** Temporal's own account of a workflow, whatever its definition. @throws WorkflowNotFoundError */
export const describeWorkflow = (client: Client, workflowId: string): Promise<WorkflowExecutionDescription> =>
  client.workflow.getHandle(workflowId).describe();

type Handle = ReturnType<Client['workflow']['getHandle']>;

const workflowOf = <W extends WorkflowDefinition>(
  { type, result, updates, queries }: W,
  handle: Pick<Handle, 'result' | 'executeUpdate' | 'signal' | 'query' | 'describe' | 'cancel'>,
): Workflow<W> => ({
  result: async () => received(`result of ${type}`, result, await handle.result()),
  update: async (name, request, { updateId }) =>
    received(
      `answer of ${type}.${name}`,
      updates[name].answer,
      await handle.executeUpdate<unknown, [unknown]>(name, { updateId, args: [request] }),
    ),
  signal: (name, ...sent) => handle.signal(name, ...sent),
  query: async (name) => received(`answer of ${type}.${name}`, queries[name], await handle.query<unknown>(name)),
  describe: () => handle.describe(),
  cancel: async () => {
    await handle.cancel();
  },
});
