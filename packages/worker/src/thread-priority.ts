/** How urgent a thread's work is to the operating system. */
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** The calling thread runs when others leave time. Linux alone has priorities by thread; elsewhere nothing happens. */
export function yieldToOthers(): void {
  if (process.platform !== 'linux') return;
  try {
    // PID/task/TID
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A sandbox that forbids it: work is done all the same.
  }
}
