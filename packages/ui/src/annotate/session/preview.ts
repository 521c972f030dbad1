/** The page's solver thread: one for all images, so that it is warm when the next one opens. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import type { Segment, Stroke } from '@saltworks/contract/documents/scribbles';
import { commonStrokes } from '../board/strokes.ts';
import type { Point } from '../board/view.ts';
import { Newest } from './newest.ts';
import type { PreviewAnswer, PreviewRequest } from './preview.worker.ts';

export interface Solve {
  /** The number of interactions in the drawing; answers repeat it. */
  n: number;
  drawing: Pick<Drawing, 'strokes' | 'locks'>;
  /** As scribbles call them, for the corpus that is heard. */
  segments: Segment[];
  /** The stroke under the pen. */
  draft?: Stroke;
}

export type Open = Omit<Extract<PreviewRequest, { kind: 'open' }>, 'kind' | 'picture'>;

const nothing = { strokes: [] };

export class Preview {
  readonly #worker = new Worker(new URL('./preview.worker.ts', import.meta.url), { type: 'module' });
  readonly #solves = new Newest<Solve>((solve) => this.#solve(solve));
  readonly #places = new Newest<Point>(({ x, y }) => this.#post({ kind: 'similar', picture: this.#picture, x, y }));
  #picture = 0;
  /** The drawing that the thread holds. */
  #sent: Pick<Drawing, 'strokes' | 'locks'> = nothing;
  #told: (answer: PreviewAnswer) => void = () => {};

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<PreviewAnswer>) => {
      // An answer for the image before.
      if (data.picture !== this.#picture) return;
      if (data.kind === 'patch' || (data.kind === 'failed' && data.of === 'solve')) this.#solves.done();
      if (data.kind === 'similar') this.#places.done();
      this.#told(data);
    });
  }

  /** Opens another image; pending answers for the one before are dropped. @param told called with every answer */
  take(told: (answer: PreviewAnswer) => void): void {
    this.#picture++;
    this.#sent = nothing;
    this.#solves.clear();
    this.#places.clear();
    this.#told = told;
  }

  open(request: Open): void {
    this.#sent = nothing;
    const { keys, image, prior } = request;
    this.#post({ kind: 'open', picture: this.#picture, ...request }, [keys, image, ...(prior ? [prior] : [])]);
  }

  /** Asks for labels of the node grid; one solve at a time, the newest request next. */
  solve(solve: Solve): void {
    this.#solves.offer(solve);
  }

  /** Asks for labels of pixels, from the last solve. */
  refine(n: number): void {
    this.#post({ kind: 'refine', picture: this.#picture, n });
  }

  /** Asks for likeness to a place. @param at shares of the image's sides, 0 … 1 */
  similar(at: Point): void {
    this.#places.offer(at);
  }

  /** Asks where another stroke helps most. */
  hint(n: number): void {
    this.#post({ kind: 'hint', picture: this.#picture, n });
  }

  /** Asks what the strokes of the last solve say of each other. */
  check(n: number): void {
    this.#post({ kind: 'check', picture: this.#picture, n });
  }

  close(): void {
    this.#worker.terminate();
  }

  #solve({ n, drawing, segments, draft }: Solve): void {
    // Most solves are of a draft, or of one stroke more: the thread already holds the others.
    const keep = commonStrokes(this.#sent.strokes, drawing.strokes);
    const strokes = drawing.strokes.slice(keep);
    const { locks } = drawing;
    this.#sent = drawing;
    this.#post({ kind: 'solve', picture: this.#picture, n, keep, strokes, locks, segments, draft });
  }

  #post(request: PreviewRequest, move: Transferable[] = []): void {
    this.#worker.postMessage(request, move);
  }
}
