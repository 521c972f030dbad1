/**
 * One assignment in the page: what was done (the server's log, and what is on its way there), what it amounts to, and the
 * newest answers, the page's own and the server's. React looks at `state`; everything else is methods.
 */

import type { Assignment, AssignmentState, Campaign, Logged, OpenAssignment } from '@saltworks/contract/api/answers';
import type { Drawing, Interaction } from '@saltworks/contract/api/interactions';
import type { LabelCategory } from '@saltworks/contract/categories';
import type { Stroke } from '@saltworks/contract/documents/scribbles';
import { replay } from '@saltworks/core/drawing/replay';
import { scribblesOf } from '@saltworks/core/drawing/scribbles-of';
import { ApiError, api } from '../../api.ts';
import type { Point } from '../board/view.ts';
import { type Labels, readMask } from '../labels.ts';
import { type Asked, askFor } from './ask-for.ts';
import { followServer } from './follow.ts';
import { Outbox, type Pending, type Saving } from './outbox.ts';
import type { Preview } from './preview.ts';
import type { Hint, PatchPreview, PreviewAnswer, SimilarPreview } from './preview.worker.ts';
import type { PixelPreview } from './refine.worker.ts';

export interface SessionState {
  /** As it stands on the server: ours to draw in while it is `leased`. */
  assignment: OpenAssignment;
  drawing: Drawing;
  /** Interactions so far. */
  n: number;
  saving: Saving;
  /** Labels of nodes and of pixels as they are shown, and how sure nodes are. */
  patch?: Labels;
  pixel?: Labels;
  margin?: Float32Array;
  /** Labels of nodes with the stroke that is under the pen. */
  draft?: Labels;
  /** What looks like the place that was asked about last. */
  similar?: SimilarPreview;
  /** Where another stroke helps most, of this many interactions. */
  hint?: Hint;
  /** The page's labels of nodes are the server's: unknown until both are there. */
  confirmed?: boolean;
  /** Milliseconds from the last stroke to its labels. */
  ms?: number;
  /** Why there are no labels. */
  none?: string;
  preview: 'opening' | 'ready' | 'failed';
}

/** How long the pen rests before pixels are worth their time. */
const restMs = 60;

/** Sessions that were opened in this page. */
let opened = 0;

export class Session {
  /** Tells sessions apart: the same assignment may be opened again. */
  readonly key = ++opened;
  readonly campaign: Campaign;
  readonly #outbox: Outbox;
  readonly #listeners = new Set<() => void>();
  readonly #preview: Preview;
  #interactions: Interaction[] = [];
  #unfollow: (() => void) | undefined;
  #state: SessionState;
  /** As the page's solver takes it, made again only when something was drawn. */
  #scribbles: { drawing: Drawing; text: string } | undefined;
  #draft: Stroke | undefined;
  #closed = false;
  /** When something was done here last. */
  #drawnAt: number | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;
  /** The photograph, as the core sees it, decoded where it holds nothing up. */
  readonly image: Promise<ImageBitmap>;
  readonly #file: Promise<Blob>;
  /** The last labels of nodes that the page has found, and those that the server has. */
  #own: Labels | undefined;
  #theirs: Labels | undefined;

  private constructor(
    assignment: OpenAssignment,
    campaign: Campaign,
    log: Logged[],
    { file, image }: Pick<Asked, 'file' | 'image'>,
    preview: Preview,
  ) {
    this.campaign = campaign;
    this.#file = file;
    this.image = image;
    this.#interactions = log.map(({ interaction }) => interaction);
    this.#state = {
      assignment,
      drawing: replay(this.#interactions),
      n: this.#interactions.length,
      saving: { state: 'saved' },
      preview: 'opening',
    };
    this.#outbox = new Outbox(assignment.id, (saving, error) => {
      this.#set({ saving });
      if (error) this.#refused(error);
    });
    this.#preview = preview;
    preview.take((answer) => this.#answered(answer));
  }

  /**
   * Asks for everything at once. Resolves when the photograph can be painted.
   *
   * @param campaign what is known of it
   * @param preview taken over from the session before
   */
  static async open(given: Assignment, campaign: Promise<Campaign>, preview: Preview): Promise<Session> {
    const asked = askFor(given);
    const [assignment, log, known] = await Promise.all([asked.assignment, asked.log, campaign]);
    const session = new Session(assignment, known, log, asked, preview);
    void session.#openPreview(asked.keys);
    await session.#takeUp(log);
    session.#follow();
    await asked.image.catch(() => {});
    return session;
  }

  get state(): SessionState {
    return this.#state;
  }

  get assignment(): OpenAssignment {
    return this.#state.assignment;
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
    this.#draft = undefined;
    this.#drawnAt = performance.now();
    // Nobody has confirmed this yet.
    this.#set({ drawing, n: interactions.length, confirmed: undefined, saving: { state: 'saving', pending: 1 } });
    this.#outbox.add(interaction).catch((error) => {
      this.#set({ saving: { state: 'refused', pending: 1, reason: `this browser keeps nothing: ${error.message}` } });
    });
    this.#solve();
  }

  /** The stroke that is under the pen: labels follow it, nothing is kept. Undefined: it came to nothing. */
  draft(stroke: Stroke | undefined): void {
    clearTimeout(this.#rest);
    this.#draft = stroke;
    if (!stroke) this.#set({ draft: undefined });
    this.#solve();
  }

  /** What looks like a place. @param at shares of the picture's sides; undefined: no longer wanted */
  similar(at: Point | undefined): void {
    if (at && this.#state.preview === 'ready') this.#preview.similar(at);
    else if (this.#state.similar) this.#set({ similar: undefined });
  }

  /** Where another stroke helps most: comes as `hint`. */
  hint(): void {
    this.#preview.hint(this.#state.n);
  }

  /** The id that the next segment gets. */
  get nextId(): number {
    return this.#interactions.reduce((most, done) => (done.kind === 'segment' ? Math.max(most, done.id) : most), 0) + 1;
  }

  /** A new segment of a category; its id. */
  addSegment(category: Pick<LabelCategory, 'id'>): number {
    const id = this.nextId;
    this.do({ kind: 'segment', id, category: category.id });
    return id;
  }

  /** Tries again to save what is pending, after signing in, say. */
  retry(): void {
    this.#outbox.flush();
  }

  /** Goes on without what the server refuses. */
  async leaveOut(one: Pending): Promise<void> {
    await this.#outbox.leaveOut(one);
    await this.#takeLog(await this.#readLog());
  }

  async submit(): Promise<void> {
    await this.#outbox.settled();
    if ((await this.#outbox.pending()).length > 0) throw new Error('Not everything is saved yet.');
    await this.#ask('submit');
  }

  async skip(reason: string): Promise<void> {
    await this.#outbox.settled();
    await this.#ask('skip', { reason });
  }

  /** Holds the image for another while; finds out whether it is still ours. */
  async renew(): Promise<void> {
    await this.#ask('renew');
    if (this.assignment.state !== 'leased') await this.#look();
  }

  /** @throws ApiError */
  async #ask(what: 'submit' | 'skip' | 'renew', body: object = {}): Promise<void> {
    try {
      await api('POST', `/api/assignments/${this.assignment.id}/${what}`, body);
    } catch (error) {
      this.#refused(error);
      throw error;
    }
  }

  /** The server does not let us because of the state that the assignment is in. */
  #refused(error: unknown): void {
    const state = error instanceof ApiError && error.status === 409 ? error.detail?.state : undefined;
    if (state) this.#set({ assignment: { ...this.assignment, state: state as AssignmentState } });
  }

  /** Reads how the assignment stands; an answer that was overtaken does not count. */
  async #look(): Promise<void> {
    const assignment = await api<OpenAssignment>('GET', `/api/assignments/${this.assignment.id}`);
    if (assignment.event >= this.assignment.event) this.#set({ assignment });
    // What was refused meanwhile.
    if (this.assignment.state === 'leased') this.#outbox.flush();
    if (assignment.n > this.#state.n) await this.#resync();
  }

  close(): void {
    this.#closed = true;
    this.#unfollow?.();
    this.#outbox.close();
    clearTimeout(this.#rest);
  }

  #set(changes: Partial<SessionState>): void {
    if (this.#closed) return;
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

  async #openPreview(file: Promise<ArrayBuffer>): Promise<void> {
    try {
      const [keys, photograph] = await Promise.all([file, this.#file]);
      const image = await photograph.arrayBuffer();
      const { options } = this.assignment;
      if (!options) throw new Error(`backbone ${this.campaign.backbone} is unknown; expected one that the server has`);
      if (!this.#closed) this.#preview.open({ keys, image, options });
    } catch (error) {
      // Labels then come from the server alone.
      console.warn((error as Error).message);
      this.#set({ preview: 'failed' });
    }
  }

  #solve(): void {
    clearTimeout(this.#rest);
    const { drawing, n, preview } = this.#state;
    const draft = this.#draft;
    const drawn = new Set([...drawing.strokes, ...(draft ? [draft] : [])].map(({ segment }) => segment));
    if (drawn.size < 2 && !drawn.has(0)) {
      const none =
        drawn.size === 0
          ? 'Draw on a thing, and on what is around it. Is there nothing? One stroke of background will do.'
          : 'Draw on one thing more: the background counts.';
      const nothing = { patch: undefined, pixel: undefined, margin: undefined, draft: undefined, confirmed: undefined };
      if (!draft) this.#set({ ...nothing, none });
      return;
    }
    if (!draft) this.#set({ none: undefined });
    if (preview === 'ready') this.#preview.solve({ n, scribbles: this.#scribblesOf(drawing), draft });
  }

  #scribblesOf(drawing: Drawing): string {
    if (this.#scribbles?.drawing !== drawing) {
      const text = scribblesOf(drawing, this.assignment.image, this.campaign.categories);
      this.#scribbles = { drawing, text };
    }
    return this.#scribbles.text;
  }

  #answered(answer: PreviewAnswer): void {
    const { n } = this.#state;
    if (answer.kind === 'open') {
      this.#set({ preview: 'ready' });
      this.#solve();
    } else if (answer.kind === 'failed') {
      if (answer.of === 'open') this.#set({ preview: 'failed' });
      else if (answer.n === n && !this.#draft) this.#set({ none: answer.reason });
    } else if (answer.kind === 'similar') this.#set({ similar: answer });
    else if (answer.n !== n) return;
    else if (answer.kind === 'pixel') this.#showPixels(answer);
    else if (answer.kind === 'hint') this.#set({ hint: answer });
    else if (!answer.draft) this.#showPatch(answer);
    else if (this.#draft) this.#showDraft(answer);
  }

  #showDraft({ n, h, w, ids, margin }: PatchPreview): void {
    this.#set({ draft: { n, width: w, height: h, ids }, margin });
  }

  #showPatch({ n, h, w, ids, margin }: PatchPreview): void {
    const patch = { n, width: w, height: h, ids };
    const took = this.#drawnAt === undefined ? undefined : performance.now() - this.#drawnAt;
    const ms = this.#own?.n === n ? this.#state.ms : took;
    this.#own = patch;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#preview.refine(n), restMs);
    const confirmed = this.#confirmed();
    // Where they differ, the server's hold.
    this.#set({ patch: confirmed === false ? this.#theirs : patch, margin, ms, confirmed, draft: undefined });
  }

  #showPixels({ n, width, height, ids }: PixelPreview): void {
    // The server's own are finer.
    if (this.#state.pixel?.n === n) return;
    this.#set({ pixel: { n, width, height, ids } });
  }

  #follow(): void {
    const { mask, refined } = this.assignment;
    if (mask) void this.#serverPixels(refined, mask);
    this.#unfollow = followServer(this.assignment, {
      patch: (labels) => this.#serverPatch(labels),
      pixel: ({ n, mask }) => void this.#serverPixels(n, mask),
      state: (state, event) => this.#stands(state, event),
    });
  }

  /** Events that were known before say how things stood once. */
  #stands(state: AssignmentState, event: number): void {
    if (event <= this.assignment.event) return;
    this.#set({ assignment: { ...this.assignment, state, event } });
    // Reviews, too.
    this.#look().catch(() => {});
  }

  /** Another window has drawn in this image: what it did is taken over. */
  async #resync(): Promise<void> {
    const log = await this.#readLog();
    if (log.length > this.#state.n) await this.#takeLog(log);
  }

  #readLog(): Promise<Logged[]> {
    return api<Logged[]>('GET', `/api/assignments/${this.assignment.id}/interactions`);
  }

  /** What the server has, and after it what is on its way there. */
  async #takeLog(log: readonly Logged[]): Promise<void> {
    this.#interactions = log.map(({ interaction }) => interaction);
    this.#set({ drawing: replay(this.#interactions), n: log.length });
    await this.#takeUp(log);
    this.#solve();
  }

  #serverPatch(labels: Labels): void {
    const { n } = labels;
    if (n > this.#state.n) void this.#resync().catch(() => {});
    if (n !== this.#state.n) return;
    this.#theirs = labels;
    this.#set({ patch: labels, confirmed: this.#confirmed(), none: undefined });
  }

  /** Whether both say the same of all that is drawn; undefined until both have. */
  #confirmed(): boolean | undefined {
    const [own, theirs] = [this.#own, this.#theirs];
    if (!own || !theirs || own.n !== theirs.n || own.n !== this.#state.n) return undefined;
    return own.ids.length === theirs.ids.length && own.ids.every((segment, i) => segment === theirs.ids[i]);
  }

  async #serverPixels(n: number, mask: string): Promise<void> {
    if (n !== this.#state.n) return;
    const labels = await readMask(`/api/assignments/${this.assignment.id}/masks/${mask}`, n).catch(() => undefined);
    if (labels && n === this.#state.n) this.#set({ pixel: labels });
  }
}
