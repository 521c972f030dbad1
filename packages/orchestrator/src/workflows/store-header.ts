/** Passes the store id that a workflow was started with to its activities, and to the next part of a long run. */
import { storeHeader } from '@saltworks/contract/messages/identity';
import type { WorkflowInterceptors } from '@temporalio/workflow';

export const interceptors = (): WorkflowInterceptors => {
  let store: Record<string, never> = {};
  return {
    inbound: [
      {
        execute(input, next) {
          if (storeHeader in input.headers) store = { [storeHeader]: input.headers[storeHeader] as never };
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next({ ...input, headers: { ...input.headers, ...store } }),
        continueAsNew: (input, next) => next({ ...input, headers: { ...input.headers, ...store } }),
      },
    ],
  };
};
