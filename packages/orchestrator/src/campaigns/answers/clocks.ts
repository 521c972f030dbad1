/** How long strokes wait for their answers, on this server. */
import { strokePatch, strokePixels } from '@saltworks/telemetry/metrics';

interface Clock {
  /** The interaction. */
  n: number;
  /** When its request came, by `performance.now()`. */
  since: number;
  hasLabels: boolean;
}

export interface Clocks {
  start(assignment: string, stroke: { n: number; since: number }): void;
  /** The first n interactions have labels of nodes, or none can be made of them. */
  labelled(assignment: string, n: number): void;
  /** The first n have a mask. Their clocks end. */
  masked(assignment: string, n: number): void;
  forget(assignment: string): void;
}

/** Of an assignment whose answers do not come. */
const most = 100;

export function openClocks(): Clocks {
  const running = new Map<string, Clock[]>();
  return {
    start(assignment, { n, since }) {
      const clocks = running.get(assignment) ?? [];
      if (clocks.length < most) clocks.push({ n, since, hasLabels: false });
      running.set(assignment, clocks);
    },
    labelled(assignment, n) {
      for (const clock of running.get(assignment) ?? []) {
        if (clock.n > n || clock.hasLabels) continue;
        clock.hasLabels = true;
        strokePatch.observe(secondsSince(clock));
      }
    },
    masked(assignment, n) {
      const clocks = running.get(assignment) ?? [];
      for (const clock of clocks) if (clock.n <= n) strokePixels.observe(secondsSince(clock));
      const later = clocks.filter((clock) => clock.n > n);
      if (later.length > 0) running.set(assignment, later);
      else running.delete(assignment);
    },
    forget: (assignment) => void running.delete(assignment),
  };
}

const secondsSince = ({ since }: Clock) => (performance.now() - since) / 1000;
