/** The end of an assignment: it is submitted, skipped or lost, and the next image comes. */
import { useState } from 'react';

/** `going on`: the assignment ended on the server, and the annotator asks for the next image. */
export type Busy = 'handing in' | 'going on';

interface Given {
  /** Opens the next image. */
  done(): Promise<void>;
  /** Shows why the assignment has not ended. */
  failed(reason: string): void;
}

/** @returns the step under way, and a way to take one: `work` on the server first, then the next image */
export function useFinish({ done, failed }: Given) {
  const [busy, setBusy] = useState<Busy>();
  const finish = async (step: Busy, work?: () => Promise<void>) => {
    setBusy(step);
    try {
      await work?.();
      await done();
    } catch (error) {
      failed((error as Error).message);
    } finally {
      setBusy(undefined);
    }
  };
  return [busy, finish] as const;
}
