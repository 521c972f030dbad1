/** Pointers on the canvas: which of them draw, which move the picture, which pinch it. */
import type { Point } from './view.ts';

export interface PointerEvents {
  /** Whether a button or the tool moves the picture. */
  pans(event: PointerEvent): boolean;
  /** The tool touches the picture, goes on, and leaves it; or all of it came to nothing. */
  start(event: PointerEvent, at: Point): void;
  go(event: PointerEvent, at: Point): void;
  end(): void;
  cancel(): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, at: Point): void;
  /** A pointer is here; undefined: none is. */
  over(at: Point | undefined): void;
}

/** Listens until the signal aborts. Points are CSS pixels of the element. */
export function listenToPointers(element: HTMLElement, events: PointerEvents, signal: AbortSignal): void {
  const pointers = new Map<number, Point>();
  /** What the first pointer does. */
  let doing: 'draw' | 'pan' | 'nothing' = 'nothing';
  /** Whoever has a pen draws with it: fingers then move the picture, and the palm draws nothing. */
  let pen = false;

  const down = (event: PointerEvent) => {
    element.setPointerCapture(event.pointerId);
    pen ||= event.pointerType === 'pen';
    const at = placeOf(event, element);
    pointers.set(event.pointerId, at);
    if (pointers.size > 1) {
      // A second finger means pinching: what the first has drawn so far was no stroke.
      if (doing === 'draw') events.cancel();
      doing = 'nothing';
      return;
    }
    doing = (pen && event.pointerType === 'touch') || events.pans(event) ? 'pan' : 'draw';
    if (doing === 'draw') events.start(event, at);
    if (event.pointerType !== 'touch' || doing === 'draw') events.over(at);
  };
  const move = (event: PointerEvent) => {
    const at = placeOf(event, element);
    const before = pointers.get(event.pointerId);
    if (before) {
      pointers.set(event.pointerId, at);
      if (pointers.size > 1) pinch(event.pointerId, before, at);
      else if (doing === 'draw') events.go(event, at);
      else if (doing === 'pan') events.pan(at.x - before.x, at.y - before.y);
    }
    events.over(pointers.size > 1 ? undefined : at);
  };
  const pinch = (moved: number, before: Point, at: Point) => {
    const other = [...pointers].find(([id]) => id !== moved)![1];
    const distance = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    events.zoom(distance(at) / distance(before), other);
    events.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
  };
  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    if (doing === 'draw') event.type === 'pointerup' ? events.end() : events.cancel();
    doing = 'nothing';
    if (event.pointerType === 'touch') events.over(undefined);
  };

  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
  element.addEventListener('pointerleave', () => events.over(undefined), { signal });
  element.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    // Pinching on a touchpad comes as a wheel with Ctrl.
    const step = event.ctrlKey ? 0.01 : 0.0015;
    events.zoom(Math.exp(-step * event.deltaY * (event.deltaMode === 1 ? 16 : 1)), placeOf(event, element));
  };
  element.addEventListener('wheel', wheel, { signal, passive: false });
}

export function placeOf(event: MouseEvent, element: HTMLElement): Point {
  const { left, top } = element.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
