/**
 * One assignment in the page: what was done (the server's log, and what is on its way there), what it amounts to, and the
 * newest answers, the page's own and the server's. React looks at `state`; everything else is methods.
 */
import {
  type Drawing,
  decodeRuns,
  type Interaction,
  type LabelCategory,
  type PatchLabels,
  replay,
  scribblesOf,
} from '@saltworks/core/contract/annotate';
import type { Campaign, Logged, OpenAssignment } from '@saltworks/core/contract/api';
import { api, bytes } from '../api.ts';
import { Outbox, type Pending, type Saving } from './outbox.ts';
import { pixelsOf } from './pixels.ts';
import type { PatchPreview, PixelPreview, PreviewAnswer, PreviewRequest } from './preview.worker.ts';

/** Labels of the picture, of whatever size they are. */
export interface Labels {
  /** Of how many interactions they are the answer. */
  n: number;
  width: number;
  height: number;
  /** Segment ids, row-major. */
  ids: Uint32Array;
}

export interface SessionState {
  drawing: Drawing;
  /** Interactions so far. */
  n: number;
  saving: Saving;
  /** Labels of nodes and of pixels as they are shown, and how sure nodes are. */
  patch?: Labels;
  pixel?: Labels;
  margin?: Float32Array;
  /** The page's labels of nodes are the server's: unknown until both are there. */
  confirmed?: boolean;
  /** Milliseconds from the last stroke to its labels. */
  ms?: number;
  /** Why there are no labels. */
  none?: string;
  /** The assignment is no longer ours to draw in. */
  ended?: string;
  preview: 'opening' | 'ready' | 'failed';
}

/** How long the pen rests before pixels are worth their time. */
const restMs = 60;

export class Session {
  readonly assignment: OpenAssignment;
  readonly campaign: Campaign;
  readonly #outbox: Outbox;
  readonly #listeners = new Set<() => void>();
  readonly #worker: Worker;
  #interactions: Interaction[] = [];
  #events: EventSource | undefined;
  #state: SessionState;
  #drawnAt = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  /** The photograph, as the core sees it. */
  readonly image: Promise<Blob>;
  /** The last labels of nodes that the page has found, and those that the server has. */
  #own: Labels | undefined;
  #theirs: Labels | undefined;

  /** @param open what is there already, in order: the log of the server, and what this browser has not sent yet */
  private constructor(assignment: OpenAssignment, campaign: Campaign, log: Logged[]) {
    this.assignment = assignment;
    this.campaign = campaign;
    // Somebody else's worker may be about to make it.
    this.image = bytes(`/api/assignments/${assignment.id}/image`, 20_000).then((file) => new Blob([file]));
    this.image.catch(() => {});
    this.#interactions = log.map(({ interaction }) => interaction);
    this.#state = {
      drawing: replay(this.#interactions),
      n: this.#interactions.length,
      saving: { state: 'saved' },
      preview: 'opening',
    };
    this.#outbox = new Outbox(assignment.id, (saving) => this.#set({ saving }));
    this.#worker = new Worker(new URL('./preview.worker.ts', import.meta.url), { type: 'module' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<PreviewAnswer>) => this.#answered(data));
  }

  static async open(id: string): Promise<Session> {
    const path = `/api/assignments/${id}`;
    const [assignment, log] = await Promise.all([
      api<OpenAssignment>('GET', path),
      api<Logged[]>('GET', `${path}/interactions`),
    ]);
    const campaign = await api<Campaign>('GET', `/api/campaigns/${assignment.campaign}`);
    const session = new Session(assignment, campaign, log);
    await session.#takeUp(log);
    session.#follow();
    void session.#openPreview();
    return session;
  }

  get state(): SessionState {
    return this.#state;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Does something: it is seen at once, safe a moment later, on the server after that. */
  do(interaction: Interaction): void {
    const interactions = [...this.#interactions, interaction];
    const drawing = replay(interactions);
    this.#interactions = interactions;
    this.#drawnAt = performance.now();
    this.#set({ drawing, n: interactions.length, saving: { state: 'saving', pending: 1 } });
    this.#outbox.add(interaction).catch((error) => {
      this.#set({ saving: { state: 'refused', pending: 1, reason: `this browser keeps nothing: ${error.message}` } });
    });
    this.#solve();
  }

  /** A new segment of a category; its id. */
  addSegment(category: LabelCategory): number {
    const used = this.#interactions.map((done) => (done.kind === 'segment' ? done.id : 0));
    const id = Math.max(0, ...used) + 1;
    this.do({ kind: 'segment', id, category: category.id });
    return id;
  }

  /** Tries again to save what is pending, after signing in, say. */
  retry(): void {
    this.#outbox.flush();
  }

  async submit(): Promise<void> {
    await this.#outbox.settled();
    if ((await this.#outbox.pending()).length > 0) throw new Error('Not everything is saved yet.');
    await api('POST', `/api/assignments/${this.assignment.id}/submit`, {});
  }

  async skip(reason: string): Promise<void> {
    await this.#outbox.settled();
    await api('POST', `/api/assignments/${this.assignment.id}/skip`, { reason });
  }

  close(): void {
    this.#events?.close();
    this.#outbox.close();
    this.#worker.terminate();
    clearTimeout(this.#rest);
  }

  #set(changes: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }

  /** What this browser has drawn and not sent: earlier windows may have been closed too soon. */
  async #takeUp(log: readonly Logged[]): Promise<void> {
    const known = new Set(log.map(({ client, seq }) => `${client} ${seq}`));
    const pending = (await this.#outbox.pending()).filter(({ client, seq }: Pending) => !known.has(`${client} ${seq}`));
    for (const { interaction } of pending) {
      try {
        const interactions = [...this.#interactions, interaction];
        const drawing = replay(interactions);
        this.#interactions = interactions;
        this.#set({ drawing, n: interactions.length });
      } catch {
        // It made sense where it was done; the server says what becomes of it.
      }
    }
    this.#outbox.flush();
  }

  async #openPreview(): Promise<void> {
    const path = `/api/assignments/${this.assignment.id}`;
    try {
      const [keys, photograph] = await Promise.all([bytes(`${path}/keys`), this.image]);
      const image = await photograph.arrayBuffer();
      const { preset, solve } = this.campaign;
      this.#post({ kind: 'open', keys, image, preset, solve }, [keys, image]);
    } catch (error) {
      // Labels then come from the server alone.
      console.warn((error as Error).message);
      this.#set({ preview: 'failed' });
    }
  }

  #post(request: PreviewRequest, move: Transferable[] = []): void {
    this.#worker.postMessage(request, move);
  }

  #solve(pixels = false): void {
    clearTimeout(this.#rest);
    const { drawing, n, preview } = this.#state;
    const drawn = new Set(drawing.strokes.map(({ segment }) => segment)).size;
    if (drawn < 2) {
      const none =
        drawn === 0 ? 'Draw on a thing, and on what is around it.' : 'Draw on one thing more: the background counts.';
      this.#set({ patch: undefined, pixel: undefined, margin: undefined, none, confirmed: undefined });
      return;
    }
    this.#set({ none: undefined });
    if (preview !== 'ready') return;
    const scribbles = scribblesOf(drawing, this.assignment.image, this.campaign.categories);
    this.#post({ kind: 'solve', n, scribbles, pixels });
    if (!pixels) this.#rest = setTimeout(() => this.#solve(true), restMs);
  }

  #answered(answer: PreviewAnswer): void {
    if (answer.kind === 'open') {
      this.#set({ preview: 'ready' });
      this.#solve();
    } else if (answer.kind === 'failed') {
      if (answer.n === undefined) this.#set({ preview: 'failed' });
      else if (answer.n === this.#state.n) this.#set({ none: answer.reason });
    } else if (answer.n === this.#state.n) {
      if (answer.kind === 'patch') this.#showPatch(answer);
      else this.#showPixels(answer);
    }
  }

  #showPatch({ n, h, w, ids, margin }: PatchPreview): void {
    const patch = { n, width: w, height: h, ids };
    const ms = this.#own?.n === n ? this.#state.ms : performance.now() - this.#drawnAt;
    this.#own = patch;
    const confirmed = this.#confirmed();
    // Where they differ, the server's hold.
    this.#set({ patch: confirmed === false ? this.#theirs : patch, margin, ms, confirmed });
  }

  #showPixels({ n, width, height, ids }: PixelPreview): void {
    // The server's own are finer.
    if (this.#state.pixel?.n === n) return;
    this.#set({ pixel: { n, width, height, ids } });
  }

  #follow(): void {
    const { id, event } = this.assignment;
    // From a little before the last event on: the newest answers are among them.
    const events = new EventSource(`/api/assignments/${id}/events?after=${Math.max(0, event - 8)}`);
    this.#events = events;
    const on = <Body>(kind: string, take: (body: Body) => void) =>
      events.addEventListener(kind, ({ data }) => take(JSON.parse(data)));
    on<PatchLabels & { n: number }>('patch', (body) => this.#serverPatch(body));
    on<{ n: number; mask: string }>('pixel', (body) => void this.#serverPixels(body));
    on<{ state: string; reason?: string }>('state', ({ state }) => {
      if (state !== 'leased') this.#set({ ended: state });
    });
  }

  /** Another window has drawn in this image: what it did is taken over. */
  async #resync(): Promise<void> {
    const log = await api<Logged[]>('GET', `/api/assignments/${this.assignment.id}/interactions`);
    if (log.length <= this.#state.n) return;
    this.#interactions = log.map(({ interaction }) => interaction);
    this.#set({ drawing: replay(this.#interactions), n: log.length });
    await this.#takeUp(log);
    this.#solve();
  }

  #serverPatch({ n, ...labels }: PatchLabels & { n: number }): void {
    if (n > this.#state.n) void this.#resync().catch(() => {});
    if (n !== this.#state.n) return;
    const { h, w } = labels;
    const ids = Uint32Array.from(decodeRuns(labels), (label) => labels.labels[label]);
    this.#theirs = { n, width: w, height: h, ids };
    this.#set({ patch: this.#theirs, confirmed: this.#confirmed(), none: undefined });
  }

  /** Whether both say the same of all that is drawn; undefined until both have. */
  #confirmed(): boolean | undefined {
    const [own, theirs] = [this.#own, this.#theirs];
    if (!own || !theirs || own.n !== theirs.n || own.n !== this.#state.n) return undefined;
    return own.ids.length === theirs.ids.length && own.ids.every((segment, i) => segment === theirs.ids[i]);
  }

  async #serverPixels({ n, mask }: { n: number; mask: string }): Promise<void> {
    if (n !== this.#state.n) return;
    const labels = await readMask(`/api/assignments/${this.assignment.id}/masks/${mask}`, n).catch(() => undefined);
    if (labels && n === this.#state.n) this.#set({ pixel: labels });
  }
}

/** Segment ids of a panoptic PNG: R + 256·G + 65536·B. */
export async function readMask(path: string, n = 0): Promise<Labels> {
  const { rgba: data, width, height } = await pixelsOf(new Blob([await bytes(path)], { type: 'image/png' }));
  const ids = new Uint32Array(width * height);
  for (let i = 0, o = 0; i < ids.length; i++, o += 4) ids[i] = data[o] + 256 * data[o + 1] + 65_536 * data[o + 2];
  return { n, width, height, ids };
}
