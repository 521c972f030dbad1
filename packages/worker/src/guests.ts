/** Workflows that ask a worker about images that it has open. When it stops, it sends them to another worker. */
import { annotateImage } from '@saltworks/contract/messages/annotate';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** Most workflows that are remembered. */
const REMEMBERED = 1_000;
/** An annotator who drew within this time gets the image opened elsewhere before the next stroke. */
const RECENT_MS = 300_000;

/** Tells a workflow to leave; resolves once it did. @param open whether another worker opens the image first */
export type Leave = (workflow: string, open: boolean) => Promise<void>;

export interface Guests {
  readonly size: number;
  interceptor: ActivityInterceptorsFactory;
  /** Resolves once all have left, or after `most` milliseconds. */
  leave(tell: Leave, most: number): Promise<void>;
}

export function openGuests(): Guests {
  /** By workflow: when it last asked, the latest last. */
  const asked = new Map<string, number>();
  const note = (workflow: string) => {
    asked.delete(workflow);
    asked.set(workflow, performance.now());
    const [first] = asked.keys();
    if (asked.size > REMEMBERED) asked.delete(first);
  };
  return {
    get size() {
      return asked.size;
    },
    interceptor: ({ info: { workflowType, workflowExecution } }) => {
      if (workflowExecution && workflowType === annotateImage.type) note(workflowExecution.workflowId);
      return {};
    },
    async leave(tell, most) {
      const recent = performance.now() - RECENT_MS;
      // A workflow that has ended, or is of an earlier version, finds out by itself.
      const told = [...asked.entries()].map(([workflow, at]) => tell(workflow, at > recent).catch(() => {}));
      if (told.length === 0) return;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, most);
      });
      await Promise.race([Promise.all(told), late]);
      clearTimeout(timer);
    },
  };
}
