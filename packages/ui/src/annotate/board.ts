/**
 * The canvas: photograph, labels, strokes, and the ink of the stroke that is being drawn, which is on the screen within a
 * frame. Knows pointers and pixels, nothing of servers or React.
 */
import type { Drawing, Interaction } from '@saltworks/core/contract/annotate';
import { css, type Rgb } from './colours.ts';
import { heatPicture, labelPicture, paintPin } from './paint.ts';
import type { Labels } from './session.ts';
import { distance, rounded, thinned } from './strokes.ts';
import { clamp, fit, type Point, pan, type Size, toImage, toScreen, type View, zoom } from './view.ts';

export type Tool = 'brush' | 'erase' | 'pan' | 'ask';

/** What is to be seen, besides the photograph. */
export interface Scene {
  drawing: Drawing;
  labels?: Labels;
  colours: ReadonlyMap<number, Rgb>;
  /** By node: how sure, 0 … 1, on a grid of the size beside it; shown instead of labels. */
  heat?: { values: Float32Array; width: number; height: number };
  /** 0 … 1. */
  opacity: number;
  contours: boolean;
  strokes: boolean;
  tool: Tool;
  /** What the brush draws, and how wide: image pixels. */
  segment: number;
  radius: number;
  /** A note pinned to a place of the picture. */
  pin?: Point;
}

export interface BoardEvents {
  stroke(stroke: Extract<Interaction, { kind: 'stroke' }>): void;
  /** A stroke was touched with the eraser. */
  erase(n: number): void;
  /** A place was asked about. */
  ask(at: Point): void;
  /** The pointer is over this place; undefined once it has left. */
  over(at: Point | undefined): void;
}

/** Image pixels: nearer points say nothing new. */
const leastStep = 0.75;

export class Board {
  readonly #canvas: HTMLCanvasElement;
  readonly #ink: HTMLCanvasElement;
  readonly #events: BoardEvents;
  readonly #image: ImageBitmap;
  readonly #cleanup = new AbortController();
  #view: View;
  #screen: Size = { width: 1, height: 1 };
  #fitted = true;
  #scene: Scene;
  #overlay: { key: unknown[]; canvas: OffscreenCanvas } | undefined;
  #frame = 0;
  #points: [number, number][] | undefined;
  #pointers = new Map<number, Point>();
  #space = false;
  #cursor: Point | undefined;

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
    ink.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    ink.addEventListener('pointermove', (event) => this.#move(event), { signal });
    for (const kind of ['pointerup', 'pointercancel'] as const) {
      ink.addEventListener(kind, (event) => this.#up(event), { signal });
    }
    ink.addEventListener('pointerleave', () => this.#leave(), { signal });
    ink.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false });
    ink.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
    addEventListener('keydown', (event) => this.#key(event, true), { signal });
    addEventListener('keyup', (event) => this.#key(event, false), { signal });
    this.#resize();
  }

  close(): void {
    this.#cleanup.abort();
    cancelAnimationFrame(this.#frame);
  }

  show(scene: Scene): void {
    this.#scene = scene;
    this.#ink.style.cursor = { brush: 'none', erase: 'crosshair', pan: 'grab', ask: 'help' }[scene.tool];
    this.#later();
  }

  fit(): void {
    this.#fitted = true;
    this.#view = fit(this.#image, this.#screen);
    this.#later();
  }

  zoomBy(factor: number): void {
    const { width, height } = this.#screen;
    this.#zoom(factor, { x: width / 2, y: height / 2 });
  }

  #resize(): void {
    const { width, height } = this.#ink.getBoundingClientRect();
    if (width === 0 || height === 0) return;
    this.#screen = { width, height };
    for (const canvas of [this.#canvas, this.#ink]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
    }
    if (this.#fitted) this.#view = fit(this.#image, this.#screen);
    this.#paint();
  }

  #later(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #zoom(factor: number, at: Point): void {
    this.#fitted = false;
    this.#view = pan(zoom(this.#view, factor, at), 0, 0, this.#image, this.#screen);
    this.#later();
  }

  // Pointers.

  #at(event: MouseEvent): Point {
    const { left, top } = this.#ink.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  #down(event: PointerEvent): void {
    this.#ink.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    this.#pointers.set(event.pointerId, at);
    // A second finger means pinching: what the first has drawn so far was no stroke.
    if (this.#pointers.size > 1) {
      this.#points = undefined;
      this.#paintInk();
      return;
    }
    if (this.#pans(event)) return;
    const { tool } = this.#scene;
    const place = clamp(toImage(this.#view, at), this.#image);
    if (tool === 'brush') {
      this.#points = [rounded(place)];
      this.#paintInk();
    } else if (tool === 'erase') this.#eraseAt(place);
    else if (tool === 'ask') this.#events.ask(place);
  }

  #pans({ button, buttons }: PointerEvent): boolean {
    return this.#space || this.#scene.tool === 'pan' || button === 1 || button === 2 || (buttons & 6) > 0;
  }

  #move(event: PointerEvent): void {
    const at = this.#at(event);
    this.#cursor = at;
    const before = this.#pointers.get(event.pointerId);
    if (before) {
      this.#pointers.set(event.pointerId, at);
      if (this.#pointers.size > 1) this.#pinch(event.pointerId, before, at);
      else if (this.#points) this.#draw(event);
      else if (this.#pans(event)) this.#pan(at.x - before.x, at.y - before.y);
      else if (this.#scene.tool === 'erase') this.#eraseAt(clamp(toImage(this.#view, at), this.#image));
    }
    this.#events.over(clamp(toImage(this.#view, at), this.#image));
    this.#paintInk();
  }

  #draw(event: PointerEvent): void {
    const points = this.#points!;
    const coalesced = event.getCoalescedEvents();
    for (const part of coalesced.length > 0 ? coalesced : [event]) {
      const point = rounded(clamp(toImage(this.#view, this.#at(part)), this.#image));
      const [x, y] = points.at(-1)!;
      if (Math.hypot(point[0] - x, point[1] - y) >= leastStep) points.push(point);
    }
  }

  #pan(dx: number, dy: number): void {
    this.#fitted = false;
    this.#view = pan(this.#view, dx, dy, this.#image, this.#screen);
    this.#later();
  }

  #pinch(moved: number, before: Point, at: Point): void {
    const [other] = [...this.#pointers].filter(([id]) => id !== moved).map(([, point]) => point);
    const distance = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    this.#zoom(distance(at) / distance(before), other);
    this.#pan((at.x - before.x) / 2, (at.y - before.y) / 2);
  }

  #up(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    const points = this.#points;
    this.#points = undefined;
    if (points && event.type === 'pointerup') {
      const { segment, radius } = this.#scene;
      this.#events.stroke({ kind: 'stroke', segment, points: thinned(points), radius });
    }
    this.#paintInk();
  }

  #leave(): void {
    this.#cursor = undefined;
    this.#events.over(undefined);
    this.#paintInk();
  }

  #eraseAt({ x, y }: Point): void {
    const reach = Math.max(4, 8 / this.#view.scale);
    // The one on top first.
    const touched = this.#scene.drawing.strokes.findLast(({ points, radius }) =>
      points.some(([ax, ay], i) => distance([x, y], points[Math.max(0, i - 1)], [ax, ay]) <= radius + reach),
    );
    if (touched) this.#events.erase(touched.n);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    // Pinching on a touchpad comes as a wheel with Ctrl.
    const step = event.ctrlKey ? 0.01 : 0.0015;
    this.#zoom(Math.exp(-step * event.deltaY * (event.deltaMode === 1 ? 16 : 1)), this.#at(event));
  }

  #key(event: KeyboardEvent, down: boolean): void {
    if (event.code !== 'Space' || isTyping(event.target)) return;
    this.#space = down;
    event.preventDefault();
  }

  // Painting.

  #paint(): void {
    const { scale, x, y } = this.#view;
    const { opacity, strokes, pin } = this.#scene;
    const context = this.#canvas.getContext('2d')!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#screen.width, this.#screen.height);
    const [width, height] = [scale * this.#image.width, scale * this.#image.height];
    context.imageSmoothingEnabled = scale < 3;
    context.drawImage(this.#image, x, y, width, height);
    const overlay = this.#overlayOf();
    if (overlay && opacity > 0) {
      context.globalAlpha = opacity;
      context.imageSmoothingEnabled = false;
      context.drawImage(overlay, x, y, width, height);
      context.globalAlpha = 1;
    }
    if (strokes) this.#paintStrokes(context);
    if (pin) paintPin(context, toScreen(this.#view, pin));
    this.#paintInk();
  }

  /** Labels as a picture, made again only when they are others. */
  #overlayOf(): OffscreenCanvas | undefined {
    const { labels, heat, colours, contours } = this.#scene;
    const key = heat ? [heat.values] : [labels?.ids, colours, contours];
    if (!heat && !labels) return undefined;
    if (
      this.#overlay &&
      key.length === this.#overlay.key.length &&
      key.every((part, i) => part === this.#overlay!.key[i])
    ) {
      return this.#overlay.canvas;
    }
    const { width, height } = (heat ?? labels)!;
    const canvas = new OffscreenCanvas(width, height);
    const picture = heat ? heatPicture(heat) : labelPicture(labels!, colours, contours);
    canvas.getContext('2d')!.putImageData(picture, 0, 0);
    this.#overlay = { key, canvas };
    return canvas;
  }

  #paintStrokes(context: CanvasRenderingContext2D): void {
    const { drawing, colours } = this.#scene;
    for (const { points, radius, segment } of drawing.strokes) {
      this.#paintStroke(context, points, radius, colours.get(segment) ?? [255, 255, 255]);
    }
  }

  #paintStroke(
    context: CanvasRenderingContext2D,
    points: readonly [number, number][],
    radius: number,
    colour: Rgb,
  ): void {
    const { scale } = this.#view;
    const width = Math.max(2, 2 * radius * scale);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    // A dark and a light line: to be seen on any picture.
    for (const [style, extra] of [
      ['rgb(0 0 0 / 0.6)', 3],
      ['rgb(255 255 255 / 0.9)', 1.5],
      [css(colour), 0],
    ] as const) {
      context.strokeStyle = style;
      context.lineWidth = width + extra;
      context.beginPath();
      const first = toScreen(this.#view, { x: points[0][0], y: points[0][1] });
      context.moveTo(first.x, first.y);
      for (const [x, y] of points) {
        const at = toScreen(this.#view, { x, y });
        context.lineTo(at.x, at.y);
      }
      context.stroke();
    }
  }

  #paintInk(): void {
    const context = this.#ink.getContext('2d')!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#screen.width, this.#screen.height);
    const { colours, segment, radius, tool } = this.#scene;
    const colour = colours.get(segment) ?? [255, 255, 255];
    if (this.#points) this.#paintStroke(context, this.#points, radius, colour);
    if (this.#cursor && tool === 'brush' && !this.#space) {
      context.beginPath();
      context.arc(this.#cursor.x, this.#cursor.y, Math.max(3, radius * this.#view.scale), 0, 2 * Math.PI);
      context.strokeStyle = 'rgb(0 0 0 / 0.7)';
      context.lineWidth = 3;
      context.stroke();
      context.strokeStyle = css(colour);
      context.lineWidth = 1.5;
      context.stroke();
    }
  }
}

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
