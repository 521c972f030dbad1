/** The thread that solves pictures in the page: one for all pictures, so that it is warm when the next one comes. */
import type { Stroke } from '@saltworks/contract/documents/scribbles';
import type { Point } from '../board/view.ts';
import { Newest } from './newest.ts';
import type { PreviewAnswer, PreviewRequest } from './preview.worker.ts';

export interface Solve {
  /** Interactions in the drawing: told back. */
  n: number;
  scribbles: string;
  /** The stroke under the pen. */
  draft?: Stroke;
}

export type Open = Omit<Extract<PreviewRequest, { kind: 'open' }>, 'kind' | 'picture'>;

export class Preview {
  readonly #worker = new Worker(new URL('./preview.worker.ts', import.meta.url), { type: 'module' });
  readonly #solves = new Newest<Solve>((solve) => this.#solve(solve));
  readonly #places = new Newest<Point>(({ x, y }) => this.#post({ kind: 'similar', picture: this.#picture, x, y }));
  #picture = 0;
  /** The drawing that the thread has. */
  #sent = '';
  #told: (answer: PreviewAnswer) => void = () => {};

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<PreviewAnswer>) => {
      // Of the picture before.
      if (data.picture !== this.#picture) return;
      if (data.kind === 'patch' || (data.kind === 'failed' && data.of === 'solve')) this.#solves.done();
      if (data.kind === 'similar') this.#places.done();
      this.#told(data);
    });
  }

  /** Another picture; what was asked of the one before is not answered any more. @param told every answer */
  take(told: (answer: PreviewAnswer) => void): void {
    this.#picture++;
    this.#sent = '';
    this.#solves.clear();
    this.#places.clear();
    this.#told = told;
  }

  open(request: Open): void {
    this.#post({ kind: 'open', picture: this.#picture, ...request }, [request.keys, request.image]);
  }

  /** Labels of the node grid; one solve at a time, the newest next. */
  solve(solve: Solve): void {
    this.#solves.offer(solve);
  }

  /** Labels of pixels, of what was solved last. */
  refine(n: number): void {
    this.#post({ kind: 'refine', picture: this.#picture, n });
  }

  /** What looks like a place. @param at shares of the picture's sides, 0 … 1 */
  similar(at: Point): void {
    this.#places.offer(at);
  }

  /** Where another stroke helps most. */
  hint(n: number): void {
    this.#post({ kind: 'hint', picture: this.#picture, n });
  }

  close(): void {
    this.#worker.terminate();
  }

  #solve({ n, scribbles, draft }: Solve): void {
    // Most solves are of a draft: the drawing is there already.
    const known = scribbles === this.#sent;
    this.#sent = scribbles;
    this.#post({ kind: 'solve', picture: this.#picture, n, scribbles: known ? undefined : scribbles, draft });
  }

  #post(request: PreviewRequest, move: Transferable[] = []): void {
    this.#worker.postMessage(request, move);
  }
}
