import type { HandlersOf, WorkflowDefinition } from '@saltworks/contract/messages/definitions';
import { defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';

/**
 * Registers the handlers of everything that a workflow can be sent, under the names of its definition. A handler that is
 * missing, misnamed or of another type does not compile.
 */
export function handle<W extends WorkflowDefinition>({ updates, signals, queries }: HandlersOf<W>): void {
  for (const [name, handler] of Object.entries(updates)) setHandler(defineUpdate(name), handler);
  for (const [name, handler] of Object.entries(signals)) setHandler(defineSignal(name), handler);
  for (const [name, handler] of Object.entries(queries)) setHandler(defineQuery(name), handler);
}
