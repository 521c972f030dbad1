/** Starts every workflow with the id of its store; workers of another store leave its work alone. */
import { storeHeader } from '@saltworks/contract/messages/identity';
import type { ScheduleClientInterceptor, WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

/** @param store its id */
export function forStore(store: string): WorkflowClientInterceptor & ScheduleClientInterceptor {
  const header = { [storeHeader]: defaultPayloadConverter.toPayload(store) };
  return {
    startWithDetails: (input, next) => next({ ...input, headers: { ...input.headers, ...header } }),
    create: (input, next) => next({ ...input, headers: { ...input.headers, ...header } }),
  };
}
