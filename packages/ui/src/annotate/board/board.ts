/**
 * The canvas: photograph, labels, strokes, and the ink of the stroke under the pen, which reaches the screen within a
 * frame. It knows pixels, not servers or React.
 */

import type { Interaction } from '@saltworks/contract/api/interactions';
import { css } from '@saltworks/core/screen/colours';
import { inDialog, isPressed, isTyping } from '../keyboard.ts';
import { type Look, windowOf } from '../look.ts';
import { ExactInk } from './exact-picture.ts';
import { paintBrush, paintOutline, paintStroke, unknown } from './paint.ts';
import { newLayers, paintPointed, paintScene } from './paint-scene.ts';
import { listenToPointers, placeOf } from './pointers.ts';
import { lines, type Scene, type Tool } from './scene.ts';
import { covers, distance, piecesWithin, rounded, thinned } from './strokes.ts';
import {
  type Box,
  centred,
  clamp,
  fit,
  frame,
  type Point,
  pan,
  type Size,
  seen,
  toImage,
  toScreen,
  type View,
  zoom,
} from './view.ts';

type Stroke = Extract<Interaction, { kind: 'stroke' }>;

export interface BoardEvents {
  stroke(stroke: Stroke): void;
  /** The stroke drawn so far; undefined once it is discarded. */
  draft?(stroke: Stroke | undefined): void;
  /** The eraser touched stroke n. */
  erase(n: number): void;
  /** The annotator wants the part at this place filled. */
  fill?(at: Point): void;
  /** The annotator drew a line that cuts, in pixels of the image. */
  cut?(line: [number, number][]): void;
  /** The annotator asked which stroke made this place. */
  ask(at: Point): void;
  /** The pointer hovers over this place; undefined once it has left. */
  over(at: Point | undefined): void;
  /** The picture was moved, or is shown larger or smaller. */
  moved?(): void;
}

/** Image pixels; nearer points add nothing. */
const leastStep = 0.75;
/** How long a highlight glows, milliseconds. */
const glowMs = 1200;
/** How near the first corner a click closes a polygon, CSS pixels; and how many corners only a drag makes. */
const closeBy = 8;
const freeCorners = 8;
const cursors: Record<Tool, string> = {
  brush: 'none',
  exact: 'none',
  rub: 'none',
  polygon: 'crosshair',
  fill: 'cell',
  cut: 'crosshair',
  erase: 'crosshair',
  pan: 'grab',
  ask: 'help',
  similar: 'crosshair',
};

export class Board {
  readonly #canvas: HTMLCanvasElement;
  readonly #ink: HTMLCanvasElement;
  readonly #events: BoardEvents;
  readonly #image: ImageBitmap;
  readonly #cleanup = new AbortController();
  readonly #layers = newLayers();
  #view: View;
  #screen: Size = { width: 1, height: 1 };
  #fitted = true;
  #scene: Scene;
  #frame = 0;
  /** The next frame repaints the scene, not the ink alone. */
  #stale = true;
  /** Points of the pen since it came down, outside the image too. */
  #points: [number, number][] | undefined;
  /** Corners of the polygon under way. */
  #corners: [number, number][] = [];
  readonly #exactInk = new ExactInk();
  /** The number of points that the last draft had. */
  #drafted = 0;
  #space = false;
  #cursor: Point | undefined;
  #glowFrom = Number.NEGATIVE_INFINITY;

  constructor(
    canvas: HTMLCanvasElement,
    ink: HTMLCanvasElement,
    image: ImageBitmap,
    scene: Scene,
    events: BoardEvents,
  ) {
    this.#canvas = canvas;
    this.#ink = ink;
    this.#image = image;
    this.#scene = scene;
    this.#events = events;
    this.#view = fit(image, this.#screen);
    const { signal } = this.#cleanup;
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(ink);
    signal.addEventListener('abort', () => observer.disconnect());
    listenToPointers(
      ink,
      {
        pans: ({ button }) => this.#space || this.#scene.tool === 'pan' || button === 1 || button === 2,
        start: (_event, at) => this.#start(at),
        go: (event, at) => this.#go(event, at),
        end: () => this.#end(),
        cancel: () => this.cancel(),
        pan: (dx, dy) => this.#pan(dx, dy),
        zoom: (factor, at) => this.#zoom(factor, at),
        over: (at) => this.#over(at),
      },
      signal,
    );
    addEventListener('keydown', (event) => this.#key(event, true), { signal });
    addEventListener('keyup', (event) => this.#key(event, false), { signal });
    this.#resize();
  }

  close(): void {
    this.#cleanup.abort();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  show(scene: Scene): void {
    const { ring, picked } = this.#scene;
    const pointed = scene.ring && scene.ring !== ring;
    if (pointed || (scene.picked !== undefined && scene.picked !== picked)) this.#glowFrom = performance.now();
    if (pointed) this.#reveal(scene.ring!);
    if (scene.tool !== this.#scene.tool) this.#corners = [];
    this.#scene = scene;
    this.#ink.style.cursor = cursors[scene.tool];
    this.#later();
  }

  /** Screen pixels for each of the image's. */
  get scale(): number {
    return this.#view.scale;
  }

  fit(): void {
    this.#look(fit(this.#image, this.#screen), true);
  }

  get image(): ImageBitmap {
    return this.#image;
  }

  /** The part of the image on the screen, as shares of its sides. */
  get seen(): Box {
    return seen(this.#view, this.#image, this.#screen);
  }

  /** The window of levels that suits the photograph. */
  levels(): Pick<Look, 'dark' | 'bright'> {
    // A small copy says as much.
    const scale = Math.min(1, 512 / Math.max(this.#image.width, this.#image.height));
    const side = (length: number) => Math.max(1, Math.round(scale * length));
    const [width, height] = [side(this.#image.width), side(this.#image.height)];
    const context = new OffscreenCanvas(width, height).getContext('2d')!;
    context.drawImage(this.#image, 0, 0, width, height);
    return windowOf(context.getImageData(0, 0, width, height).data);
  }

  /** Shows a part of the image, pixels. */
  frame(box: Box): void {
    this.#look(frame(box, this.#image, this.#screen));
  }

  /** Brings a point of the image to the middle. */
  centre(at: Point): void {
    this.#look(pan(centred(this.#view, at, this.#screen), 0, 0, this.#image, this.#screen));
  }

  /** Moves the image by a share of the screen. */
  move(across: number, down: number): void {
    this.#pan(across * this.#screen.width, down * this.#screen.height);
  }

  zoomBy(factor: number): void {
    const { width, height } = this.#screen;
    this.#zoom(factor, { x: width / 2, y: height / 2 });
  }

  /** Pans until a place is well in sight. */
  #reveal(place: Point): void {
    const { x, y } = toScreen(this.#view, place);
    const { width, height } = this.#screen;
    const into = (at: number, room: number) => Math.min(0.85 * room, Math.max(0.15 * room, at)) - at;
    const [dx, dy] = [into(x, width), into(y, height)];
    if (dx !== 0 || dy !== 0) this.#pan(dx, dy);
  }

  #resize(): void {
    const { width, height } = this.#ink.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    this.#screen = { width, height };
    for (const canvas of [this.#canvas, this.#ink]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
    }
    if (this.#fitted) this.#look(fit(this.#image, this.#screen), true);
    this.#paint();
    this.#paintInk();
  }

  #look(view: View, fitted = false): void {
    this.#fitted = fitted;
    this.#view = view;
    this.#events.moved?.();
    this.#later();
  }

  /** Paints in the next frame. @param stale whether the scene changed, not the ink alone */
  #later(stale = true): void {
    this.#stale ||= stale;
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#stale) this.#paint();
      this.#paintInk();
      // Ink first: labels take longer.
      if (this.#points && this.#scene.tool !== 'cut' && this.#points.length !== this.#drafted) {
        this.#drafted = this.#points.length;
        this.#events.draft?.(this.#strokes(this.#points).at(-1));
      }
      if (this.#glow() > 0) this.#later(false);
    });
  }

  #zoom(factor: number, at: Point): void {
    this.#look(pan(zoom(this.#view, factor, at), 0, 0, this.#image, this.#screen));
  }

  #pan(dx: number, dy: number): void {
    this.#look(pan(this.#view, dx, dy, this.#image, this.#screen));
  }

  // Pointer gestures.

  #place = (at: Point): Point => toImage(this.#view, at);

  #onPicture = (at: Point): boolean => piecesWithin([rounded(at)], this.#image).length > 0;

  #start(at: Point): void {
    const { tool, still } = this.#scene;
    if (still) return;
    if (lines.has(tool) || tool === 'cut') {
      this.#points = [rounded(this.#place(at))];
      this.#drafted = 0;
    } else if (tool === 'polygon') this.#corner(at);
    else if (tool === 'fill' && this.#onPicture(this.#place(at)))
      this.#events.fill?.(clamp(this.#place(at), this.#image));
    else if (tool === 'erase') this.#eraseAt(this.#place(at));
    else if (tool === 'ask' && this.#onPicture(this.#place(at))) this.#events.ask(clamp(this.#place(at), this.#image));
  }

  #go(event: PointerEvent, at: Point): void {
    const points = this.#points;
    if (!points) {
      if (this.#scene.tool === 'erase' && !this.#scene.still) this.#eraseAt(this.#place(at));
      // A drag draws the outline freely.
      if (this.#scene.tool === 'polygon' && this.#corners.length > 0) this.#addCorner(rounded(this.#place(at)));
      return;
    }
    const coalesced = event.getCoalescedEvents();
    for (const part of coalesced.length > 0 ? coalesced : [event]) {
      const point = rounded(this.#place(placeOf(part, this.#ink)));
      const [x, y] = points.at(-1)!;
      if (Math.hypot(point[0] - x, point[1] - y) >= leastStep) points.push(point);
    }
  }

  /** Whether a place on the screen closes the polygon under way. */
  #closes(at: Point): boolean {
    const [first] = this.#corners;
    if (!first || this.#corners.length < 3) return false;
    const start = toScreen(this.#view, { x: first[0], y: first[1] });
    return Math.hypot(start.x - at.x, start.y - at.y) <= closeBy;
  }

  #corner(at: Point): void {
    if (this.#closes(at)) this.closePolygon();
    else this.#addCorner(rounded(this.#place(at)));
    this.#later(false);
  }

  #addCorner(corner: [number, number]): void {
    const last = this.#corners.at(-1);
    if (last && Math.hypot(corner[0] - last[0], corner[1] - last[1]) < leastStep) return;
    this.#corners.push(corner);
    this.#later(false);
  }

  /** Ends the polygon under way. @returns whether there is one */
  closePolygon(): boolean {
    if (this.#corners.length === 0) return false;
    const corners = this.#corners;
    this.#corners = [];
    const { segment, only } = this.#scene;
    const { width, height } = this.#image;
    // The outline runs along the edge where it left the image.
    const inside = corners.map(([x, y]): [number, number] => [
      Math.min(width - 1, Math.max(0, x)),
      Math.min(height - 1, Math.max(0, y)),
    ]);
    if (corners.length >= 3) {
      const how = { polygon: true, exact: true, ...(only && { spread: false }) };
      this.#events.stroke({ kind: 'stroke', segment, points: thinned(inside), radius: 0, ...how });
    }
    this.#later(false);
    return true;
  }

  /** Takes the last corner of the polygon under way back. @returns whether there is one */
  stepBack(): boolean {
    const corner = this.#corners.pop();
    this.#later(false);
    return corner !== undefined;
  }

  #end(): void {
    // A free outline ends where it began.
    const [last] = this.#corners.slice(-1);
    if (this.#scene.tool === 'polygon' && last && this.#corners.length > freeCorners) {
      if (this.#closes(toScreen(this.#view, { x: last[0], y: last[1] }))) this.closePolygon();
    }
    const points = this.#points;
    this.#points = undefined;
    if (this.#scene.tool === 'cut') {
      if (points && points.length > 1) this.#events.cut?.(points);
      this.#later(false);
      return;
    }
    const strokes = points ? this.#strokes(points) : [];
    if (points && strokes.length === 0) this.#events.draft?.(undefined);
    for (const stroke of strokes) this.#events.stroke(stroke);
    this.#later(false);
  }

  /** Discards the stroke under the pen. */
  cancel(): void {
    this.#space = false;
    if (this.#points && this.#scene.tool !== 'cut') this.#events.draft?.(undefined);
    this.#points = undefined;
    this.#corners = [];
    this.#later(false);
  }

  /** A pen that leaves the image and returns draws two strokes. */
  #strokes(points: [number, number][]): Stroke[] {
    const { segment: chosen, radius, tool, only } = this.#scene;
    const segment = tool === 'rub' ? 0 : chosen;
    const how = tool === 'brush' ? {} : { exact: true, ...(only && { spread: false }) };
    return piecesWithin(points, this.#image).map((piece) => ({
      kind: 'stroke',
      segment,
      points: thinned(piece.map(([x, y]) => rounded({ x, y }))),
      radius,
      ...how,
    }));
  }

  #over(at: Point | undefined): void {
    this.#cursor = at;
    const place = at && this.#place(at);
    this.#events.over(place && this.#onPicture(place) ? clamp(place, this.#image) : undefined);
    this.#later(false);
  }

  #eraseAt({ x, y }: Point): void {
    const reach = Math.max(4, 8 / this.#view.scale);
    // The topmost stroke wins.
    const touched = this.#scene.drawing.strokes.findLast(
      (stroke) =>
        covers(stroke, { x, y }, this.#image) ||
        stroke.points.some(
          ([ax, ay], i) =>
            distance([x, y], stroke.points[Math.max(0, i - 1)], [ax, ay]) <= stroke.radius + (stroke.exact ? 0 : reach),
        ),
    );
    if (touched) this.#events.erase(touched.n);
  }

  #key(event: KeyboardEvent, down: boolean): void {
    if (down && event.key === 'Escape') this.cancel();
    if (event.code !== 'Space' || isTyping(event.target) || isPressed(event.target)) return;
    if (down && (this.#scene.still || inDialog())) return;
    this.#space = down;
    event.preventDefault();
  }

  // Painting.

  #paint(): void {
    this.#stale = false;
    paintScene(this.#canvas.getContext('2d')!, this.#layers, this.#image, this.#view, this.#scene);
  }

  #paintInk(): void {
    const context = this.#ink.getContext('2d')!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#screen.width, this.#screen.height);
    const { colours, segment, radius, tool } = this.#scene;
    const colour = colours.get(tool === 'rub' ? 0 : segment) ?? unknown;
    paintPointed(context, this.#view, this.#scene, this.#glow());
    if (!this.#points) this.#exactInk.clear();
    else if (tool === 'cut') paintStroke(context, this.#view, this.#points, 0, colour);
    else if (tool === 'brush') {
      for (const piece of piecesWithin(this.#points, this.#image)) {
        paintStroke(context, this.#view, piece, radius, colour);
      }
    } else {
      const { scale, x, y } = this.#view;
      const ink = this.#exactInk.get(this.#points, radius, css(colour), this.#image);
      context.imageSmoothingEnabled = false;
      context.drawImage(ink, x, y, scale * ink.width, scale * ink.height);
    }
    if (this.#corners.length > 0) paintOutline(context, this.#view, this.#corners, colour, this.#cursor);
    if (this.#cursor && lines.has(tool) && !this.#space) {
      paintBrush(context, this.#cursor, radius * this.#view.scale, colour);
    }
  }

  /** How much the highlight glows now, 0 … 1. */
  #glow(): number {
    const share = (performance.now() - this.#glowFrom) / glowMs;
    if (share >= 1 || matchMedia('(prefers-reduced-motion: reduce)').matches) return 0;
    return (1 - share) * (0.5 + 0.5 * Math.cos(6 * Math.PI * share));
  }
}
