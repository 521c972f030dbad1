/** Pointers on the canvas: one draws, others pan or pinch. */
import type { Point } from './view.ts';

export interface PointerEvents {
  /** Whether this button, or the tool, pans. */
  pans(event: PointerEvent): boolean;
  /** The tool goes down, moves and goes up; `cancel` discards the gesture. */
  start(event: PointerEvent, at: Point): void;
  go(event: PointerEvent, at: Point): void;
  end(): void;
  cancel(): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, at: Point): void;
  /** The pointer hovers here; undefined once it has left. */
  over(at: Point | undefined): void;
}

/** Listens until the signal aborts. Points are CSS pixels of the element. */
export function listenToPointers(element: HTMLElement, events: PointerEvents, signal: AbortSignal): void {
  const pointers = new Map<number, Point>();
  /** The gesture of the first pointer. */
  let doing: 'draw' | 'pan' | 'nothing' = 'nothing';
  /** Once a pen was seen, fingers pan and palms draw nothing. */
  let pen = false;

  const down = (event: PointerEvent) => {
    element.setPointerCapture(event.pointerId);
    pen ||= event.pointerType === 'pen';
    const at = placeOf(event, element);
    pointers.set(event.pointerId, at);
    if (pointers.size > 1) {
      // A second finger starts a pinch: discard the stroke of the first.
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
    // Browsers report a touchpad pinch as a wheel event with Ctrl.
    const step = event.ctrlKey ? 0.01 : 0.0015;
    events.zoom(Math.exp(-step * event.deltaY * (event.deltaMode === 1 ? 16 : 1)), placeOf(event, element));
  };
  element.addEventListener('wheel', wheel, { signal, passive: false });
}

export function placeOf(event: MouseEvent, element: HTMLElement): Point {
  const { left, top } = element.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
