/**
 * One assignment in the page: the log (the server's, then the entries still on their way there), the drawing that it
 * replays to, and the newest answers of page and server. React reads `state`; everything else is a method.
 */

import {
  type Assignment,
  postAssignmentRenew,
  postAssignmentSkip,
  postAssignmentSubmit,
} from '@saltworks/contract/api/assignments';
import { type Campaign, getCampaign, type LabelCategory } from '@saltworks/contract/api/campaigns';
import { addressOf } from '@saltworks/contract/api/endpoint';
import type { Drawing, Interaction, Logged } from '@saltworks/contract/api/interactions';
import type { Noted } from '@saltworks/contract/api/notes';
import {
  getAssignment,
  getAssignmentInteractions,
  getAssignmentKeys,
  getAssignmentMask,
  type OpenAssignment,
} from '@saltworks/contract/api/open-assignments';
import type { AssignmentState } from '@saltworks/contract/api/states';
import type { Attribute } from '@saltworks/contract/attributes';
import type { Stroke } from '@saltworks/contract/documents/scribbles';
import { openReplay } from '@saltworks/core/drawing/replay';
import { isDrawnEnough, storedSegment } from '@saltworks/core/drawing/scribbles-of';
import { ApiError, ask, askAs, bytes } from '../../api.ts';
import { begin, type Step } from '../../traces.ts';
import type { Point } from '../board/view.ts';
import { type Labels, readMask } from '../labels.ts';
import { type Asked, askFor, priorOf } from './ask-for.ts';
import { Deeds } from './deeds.ts';
import { followServer } from './follow.ts';
import { Outbox, type Pending, type Saving } from './outbox.ts';
import type { Preview } from './preview.ts';
import type { Checked, Hint, PatchPreview, PreviewAnswer, SimilarPreview } from './preview.worker.ts';
import type { PixelPreview } from './refine.worker.ts';

export interface SessionState {
  /** The assignment as the server has it; this annotator may draw while it is `leased`. */
  assignment: OpenAssignment;
  drawing: Drawing;
  /** The campaign's classes, retired ones too. */
  categories: readonly LabelCategory[];
  /** What the campaign wants to know of segments and images. */
  attributes?: readonly Attribute[];
  /** Interactions so far. */
  n: number;
  saving: Saving;
  /** The labels of nodes and of pixels on screen, and the nodes' margins. */
  patch?: Labels;
  pixel?: Labels;
  margin?: Float32Array;
  /** The labels of nodes with the stroke under the pen. */
  draft?: Labels;
  /** Likeness to the place that was asked about last. */
  similar?: SimilarPreview;
  /** Where another stroke helps most, after n interactions. */
  hint?: Hint;
  /** Strokes that the others contradict, by their numbers in the log; of the last drawing that was checked. */
  suspects: Checked['suspects'];
  /** The IoU to be expected of its labels, mean over segments. */
  expected?: number;
  /** Whether the page's labels of nodes equal the server's; undefined until both exist. */
  confirmed?: boolean;
  /** Milliseconds from the last stroke to its labels. */
  ms?: number;
  /** Why there are no labels. */
  none?: string;
  preview: 'opening' | 'ready' | 'failed';
}

/** How long the pen must rest before pixels are refined, milliseconds. */
const restMs = 60;

/** How long to wait for damaged keys, time after time, milliseconds. */
const waitsMs = [2_000, 5_000, 15_000];

/** The number of sessions opened in this page. */
let opened = 0;

export class Session {
  /** This session's number: the same assignment may be opened again. */
  readonly key = ++opened;
  readonly campaign: Campaign;
  readonly #outbox: Outbox;
  readonly #deeds = new Deeds();
  readonly #listeners = new Set<() => void>();
  readonly #preview: Preview;
  #replayed = openReplay();
  /** The largest id that a segment was given, deleted ones too. */
  #lastId = 0;
  #unfollow: (() => void) | undefined;
  #state: SessionState;
  #draft: Stroke | undefined;
  #closed = false;
  /** The version of the classes in the state. */
  #schema: number;
  /** Tries to open keys that were damaged. */
  #again = 0;
  /** The time of the last interaction here. */
  #drawnAt: number | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;
  /** The photograph as the core sees it, decoded off the main thread. */
  readonly image: Promise<ImageBitmap>;
  readonly #file: Promise<Blob>;
  /** The last labels of nodes from the page's solver, and from the server. */
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
    this.#schema = campaign.schema;
    this.#file = file;
    this.image = image;
    for (const { interaction } of log) this.#add(interaction);
    this.#state = {
      assignment,
      drawing: this.#replayed.drawing(),
      categories: campaign.categories,
      attributes: campaign.attributes,
      n: log.length,
      saving: { state: 'saved' },
      suspects: [],
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
   * Fetches everything at once. Resolves when the photograph can be painted.
   *
   * @param campaign the campaign, being loaded
   * @param preview the solver, taken over from the session before
   * @param opening the trace of opening the image
   */
  static async open(
    given: Assignment,
    campaign: Promise<Campaign>,
    preview: Preview,
    opening?: Step,
  ): Promise<Session> {
    const asked = askFor(given, opening);
    const [assignment, log, known] = await Promise.all([asked.assignment, asked.log, campaign]);
    const session = new Session(assignment, known, log, asked, preview);
    void session.#openPreview(asked.keys, asked.prior);
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

  get #place() {
    return { params: { assignment: this.assignment.id } };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Adds an interaction: it shows at once, is kept in the browser a moment later, and then goes to the server. */
  do(interaction: Interaction): void {
    this.#add(interaction);
    const n = this.#state.n + 1;
    const drawing = this.#replayed.drawing();
    this.#draft = undefined;
    this.#drawnAt = performance.now();
    // The server has not confirmed this drawing yet.
    this.#set({ drawing, n, confirmed: undefined, saving: { state: 'saving', pending: 1 } });
    const deed = this.#deeds.begin(interaction.kind, n);
    this.#outbox.add(interaction, deed).catch((error) => {
      this.#set({ saving: { state: 'refused', pending: 1, reason: `this browser keeps nothing: ${error.message}` } });
    });
    this.#solve();
  }

  /** @throws InvalidInputError for what the drawing so far does not allow */
  #add(interaction: Interaction): void {
    this.#replayed.add(interaction);
    const named = interaction.kind === 'segment' ? interaction.id : interaction.kind === 'split' ? interaction.into : 0;
    this.#lastId = Math.max(this.#lastId, named);
  }

  /** The stroke under the pen: labels follow it, and nothing is kept. Undefined discards it. */
  draft(stroke: Stroke | undefined): void {
    clearTimeout(this.#rest);
    this.#draft = stroke;
    if (!stroke) this.#set({ draft: undefined });
    this.#solve();
  }

  /** Computes likeness to a place. @param at shares of the image's sides; undefined clears it */
  similar(at: Point | undefined): void {
    if (at && this.#state.preview === 'ready') this.#preview.similar(at);
    else if (this.#state.similar) this.#set({ similar: undefined });
  }

  /** Computes where another stroke helps most; the result comes as `hint`. */
  hint(): void {
    this.#preview.hint(this.#state.n);
  }

  /** The id of the next segment. */
  get nextId(): number {
    return this.#lastId + 1;
  }

  /** Adds a segment of a category. @param like whose values it takes @returns its id */
  addSegment(category: Pick<LabelCategory, 'id'>, like?: number): number {
    const id = this.nextId;
    this.do({ kind: 'segment', id, category: category.id, ...(like !== undefined && { like }) });
    return id;
  }

  /** Retries saving, for example after the annotator signed in. */
  retry(): void {
    this.#outbox.flush();
  }

  /** Drops an interaction that the server refuses, and continues. */
  async leaveOut(one: Pending): Promise<void> {
    await this.#outbox.leaveOut(one);
    await this.#takeLog(await this.#readLog());
  }

  async submit(): Promise<void> {
    await this.#outbox.settled();
    if ((await this.#outbox.pending()).length > 0) throw new Error('Not everything is saved yet.');
    const deed = begin('submit');
    await this.#tell(askAs(deed?.step('send'), postAssignmentSubmit, this.#place)).finally(() => deed?.end());
  }

  async skip(reason: string): Promise<void> {
    await this.#outbox.settled();
    await this.#tell(ask(postAssignmentSkip, { ...this.#place, body: { reason } }));
  }

  /** Renews the lease; learns whether the assignment is still this annotator's. */
  async renew(): Promise<void> {
    await this.#tell(ask(postAssignmentRenew, this.#place));
    if (this.assignment.state !== 'leased') await this.#look();
  }

  /** @throws ApiError */
  async #tell(request: Promise<unknown>): Promise<void> {
    try {
      await request;
    } catch (error) {
      this.#refused(error);
      throw error;
    }
  }

  /** The server refused a request because of the assignment's state. */
  #refused(error: unknown): void {
    const state = error instanceof ApiError && error.status === 409 ? error.detail.state : undefined;
    if (state) this.#set({ assignment: { ...this.assignment, state } });
  }

  /** Fetches the assignment's state; ignores an answer that a newer event overtook. */
  async #look(): Promise<void> {
    const assignment = await ask(getAssignment, this.#place);
    if (assignment.event >= this.assignment.event) this.#set({ assignment });
    // Interactions refused in the meantime.
    if (this.assignment.state === 'leased') this.#outbox.flush();
    if (assignment.n > this.#state.n) await this.#resync();
  }

  close(): void {
    this.#closed = true;
    this.#unfollow?.();
    this.#deeds.answered();
    this.#outbox.close();
    clearTimeout(this.#rest);
  }

  #set(changes: Partial<SessionState>): void {
    if (this.#closed) return;
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }

  /** Interactions that this browser kept but never sent: an earlier window may have been closed too soon. */
  async #takeUp(log: readonly Logged[]): Promise<void> {
    const known = new Set(log.map(({ client, seq }) => `${client} ${seq}`));
    const pending = (await this.#outbox.pending()).filter(({ client, seq }: Pending) => !known.has(`${client} ${seq}`));
    for (const { interaction } of pending) {
      try {
        this.#add(interaction);
        this.#set({ drawing: this.#replayed.drawing(), n: this.#state.n + 1 });
      } catch {
        // It was valid in the window that made it; the server decides.
      }
    }
    this.#outbox.flush();
  }

  /** Opens the image once more if its keys were damaged: the worker that opens it makes them again meanwhile. */
  async #openAgain({ reason, damaged }: PreviewAnswer & { kind: 'failed' }): Promise<void> {
    const wait = damaged ? waitsMs[this.#again++] : undefined;
    console.warn(reason);
    if (wait === undefined) return this.#set({ preview: 'failed' });
    await new Promise((over) => setTimeout(over, wait));
    if (this.#closed) return;
    const keys = bytes(addressOf(getAssignmentKeys, this.#place), 0, { cache: 'reload' });
    await this.#openPreview(keys, priorOf(this.assignment));
  }

  async #openPreview(file: Promise<ArrayBuffer>, heard: Asked['prior']): Promise<void> {
    try {
      const [keys, photograph, prior] = await Promise.all([file, this.#file, heard]);
      const image = await photograph.arrayBuffer();
      const { options } = this.assignment;
      if (!options)
        throw new Error(`backbone ${this.assignment.keys.backbone} is unknown; expected one that the server has`);
      if (!this.#closed) this.#preview.open({ keys, image, options, prior });
    } catch (error) {
      // Labels then come from the server only.
      console.warn((error as Error).message);
      this.#set({ preview: 'failed' });
    }
  }

  #solve(): void {
    clearTimeout(this.#rest);
    const { drawing, categories, n, preview } = this.#state;
    const draft = this.#draft;
    const strokes = draft ? [...drawing.strokes, draft] : drawing.strokes;
    if (!isDrawnEnough({ strokes })) {
      const none =
        strokes.length === 0
          ? 'Draw on a thing, and on what is around it. Is there nothing? One stroke of background will do.'
          : 'Draw on one thing more: the background counts.';
      const nothing = {
        patch: undefined,
        pixel: undefined,
        margin: undefined,
        draft: undefined,
        confirmed: undefined,
        expected: undefined,
      };
      if (!draft) this.#set({ ...nothing, none });
      return;
    }
    if (!draft) this.#set({ none: undefined });
    const segments = drawing.segments.flatMap((segment) => storedSegment(segment, categories) ?? []);
    if (preview === 'ready') this.#preview.solve({ n, drawing, segments, draft });
  }

  #answered(answer: PreviewAnswer): void {
    const { n } = this.#state;
    if (answer.kind === 'open') {
      this.#set({ preview: 'ready' });
      this.#solve();
    } else if (answer.kind === 'failed') {
      if (answer.of === 'open') void this.#openAgain(answer);
      else if (answer.n === n && !this.#draft) this.#set({ none: answer.reason });
    } else if (answer.kind === 'similar') this.#set({ similar: answer });
    else if (answer.n !== n) return;
    else if (answer.kind === 'pixel') this.#showPixels(answer);
    else if (answer.kind === 'hint') this.#set({ hint: answer });
    else if (answer.kind === 'check') this.#showChecked(answer);
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
    // Where they differ, the server's win.
    this.#set({ patch: confirmed === false ? this.#theirs : patch, margin, ms, confirmed, draft: undefined });
    this.#deeds.previewed(n);
  }

  #showChecked({ suspects, expected }: Checked): void {
    const { strokes } = this.#state.drawing;
    const numbered = suspects.flatMap(({ stroke, ...facts }) => {
      const { n, origin } = strokes[stroke - 1];
      // What nobody drew is no slip of the pen.
      return origin ? [] : [{ ...facts, stroke: n }];
    });
    this.#set({ suspects: numbered, expected });
  }

  #showPixels({ n, width, height, ids }: PixelPreview): void {
    // Everything that follows the pen is there.
    this.#preview.check(n);
    // The server's pixels are finer.
    if (this.#state.pixel?.n === n) return;
    this.#set({ pixel: { n, width, height, ids } });
  }

  #follow(): void {
    const { mask, refined } = this.assignment;
    if (mask) void this.#serverPixels(refined, mask);
    this.#unfollow = followServer(this.assignment, {
      patch: (labels, trace) => this.#serverPatch(labels, trace),
      pixel: ({ n, mask, trace }) => void this.#serverPixels(n, mask, trace),
      none: (n) => this.#deeds.answered(n),
      build: ({ build: id, at: since }, event) => this.#outdated({ id, since }, event),
      state: (state, event) => this.#stands(state, event),
      note: (note) => this.addNote(note),
      schema: ({ version }) => void this.#learnClasses(version).catch(() => {}),
    });
  }

  /** Somebody wrote it, perhaps here; it may be known already. */
  addNote(note: Noted): void {
    const { thread } = this.assignment;
    if (thread.some(({ id }) => id === note.id)) return;
    this.#set({ assignment: { ...this.assignment, thread: [...thread, note] } });
  }

  /** The campaign's classes have changed: they are offered at once, and another window may have drawn new ones. */
  async #learnClasses(version: number): Promise<void> {
    if (version <= this.#schema) return;
    const { categories, attributes, schema } = await ask(getCampaign, { params: { campaign: this.campaign.id } });
    if (schema <= this.#schema) return;
    this.#schema = schema;
    this.#set({ categories, attributes });
    this.#solve();
  }

  /** Replayed events tell earlier states; they do not count. */
  #stands(state: AssignmentState, event: number): void {
    if (event <= this.assignment.event) return;
    this.#set({ assignment: { ...this.assignment, state, event } });
    // Reviews change with it.
    this.#look().catch(() => {});
  }

  /** Another build is shown. The drawing goes on with the keys that it has. */
  #outdated(shown: NonNullable<OpenAssignment['newer']>, event: number): void {
    if (event <= this.assignment.event) return;
    const newer = shown.id === this.assignment.build?.id ? null : shown;
    this.#set({ assignment: { ...this.assignment, newer, event } });
  }

  /** Another window has drawn on this image: take over its interactions. */
  async #resync(): Promise<void> {
    const log = await this.#readLog();
    if (log.length > this.#state.n) await this.#takeLog(log);
  }

  #readLog(): Promise<Logged[]> {
    return ask(getAssignmentInteractions, this.#place);
  }

  /** The server's log, then the interactions still on their way there. */
  async #takeLog(log: readonly Logged[]): Promise<void> {
    this.#replayed = openReplay();
    this.#lastId = 0;
    for (const { interaction } of log) this.#add(interaction);
    this.#set({ drawing: this.#replayed.drawing(), n: log.length });
    await this.#takeUp(log);
    this.#solve();
  }

  #serverPatch(labels: Labels, trace?: string): void {
    const { n } = labels;
    if (n > this.#state.n) void this.#resync().catch(() => {});
    this.#deeds.labelled(n, trace);
    if (n !== this.#state.n) return;
    this.#theirs = labels;
    this.#set({ patch: labels, confirmed: this.#confirmed(), none: undefined });
  }

  /** Whether page and server agree on the whole drawing; undefined until both have answered. */
  #confirmed(): boolean | undefined {
    const [own, theirs] = [this.#own, this.#theirs];
    if (!own || !theirs || own.n !== theirs.n || own.n !== this.#state.n) return undefined;
    return own.ids.length === theirs.ids.length && own.ids.every((segment, i) => segment === theirs.ids[i]);
  }

  async #serverPixels(n: number, mask: string, trace?: string): Promise<void> {
    if (n !== this.#state.n) return;
    const step = this.#deeds.pixels(n, trace);
    const address = addressOf(getAssignmentMask, { params: { ...this.#place.params, mask } });
    const labels = await readMask(address, n, step).catch(() => undefined);
    if (labels && n === this.#state.n) this.#set({ pixel: labels });
    this.#deeds.answered(n);
  }
}
