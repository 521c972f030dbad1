/** What the annotator did and the page and the server have not answered wholly, as traces. */
import type { Interaction } from '@saltworks/contract/api/interactions';
import { begin, type Step } from '../../traces.ts';

interface Deed {
  /** Interactions, this one being the last. */
  n: number;
  root: Step;
  /** Until the page's own labels are on screen. */
  preview: Step | undefined;
  /** Whether the server's labels are. */
  labelled: boolean;
}

export class Deeds {
  #open: Deed[] = [];

  /** @returns undefined while no traces are recorded */
  begin(kind: Interaction['kind'], n: number): Step | undefined {
    const root = begin(kind);
    if (root) this.#open.push({ n, root, preview: root.step('preview'), labelled: false });
    return root;
  }

  /** The page's own labels of the first n interactions are shown now. */
  previewed(n: number): void {
    onScreen(
      this.#until(n).flatMap((deed) => {
        const { preview } = deed;
        deed.preview = undefined;
        return preview ?? [];
      }),
    );
  }

  /** The server's labels are shown now. @param server its step that told of them */
  labelled(n: number, server: string | undefined): void {
    const answered = this.#until(n).filter(({ labelled }) => !labelled);
    for (const deed of answered) deed.labelled = true;
    onScreen(answered.map(({ root }) => root.step('patch', server)));
  }

  /** The server's mask is about to be fetched. @returns the step of the last deed that it answers, to be ended once it is shown */
  pixels(n: number, server: string | undefined): Step | undefined {
    return this.#until(n).at(-1)?.root.step('pixels', server);
  }

  /** Nothing more will come for the first n interactions. */
  answered(n = Number.POSITIVE_INFINITY): void {
    const ended = this.#until(n);
    this.#open = this.#open.filter((deed) => !ended.includes(deed));
    onScreen(ended.map(({ root }) => root));
  }

  #until(n: number): Deed[] {
    return this.#open.filter((deed) => deed.n <= n);
  }
}

/** Ends steps with the next frame. A hidden page has none. */
function onScreen(steps: readonly Step[]): void {
  if (steps.length === 0) return;
  const end = () => {
    for (const step of steps) step.end();
  };
  if (document.hidden) end();
  else requestAnimationFrame(end);
}
