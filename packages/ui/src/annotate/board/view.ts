/** Places of the image on the screen: screen points are CSS pixels of the canvas; image points have pixels at whole numbers. */

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** screen = scale · (image + ½) + offset: pixel (0, 0) covers the image's first square. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

const margin = 16;
const most = 64;

/** The whole image, centred. */
export function fit(image: Size, screen: Size): View {
  const scale = Math.max(
    0.01,
    Math.min((screen.width - 2 * margin) / image.width, (screen.height - 2 * margin) / image.height),
  );
  return { scale, x: (screen.width - scale * image.width) / 2, y: (screen.height - scale * image.height) / 2 };
}

export const toImage = ({ scale, x, y }: View, at: Point): Point => ({
  x: (at.x - x) / scale - 0.5,
  y: (at.y - y) / scale - 0.5,
});

export const toScreen = ({ scale, x, y }: View, at: Point): Point => ({
  x: scale * (at.x + 0.5) + x,
  y: scale * (at.y + 0.5) + y,
});

/** Zooms by a factor around the screen point `at`, which stays in place. */
export function zoom(view: View, factor: number, at: Point): View {
  const scale = Math.min(most, Math.max(0.02, view.scale * factor));
  const by = scale / view.scale;
  return { scale, x: at.x - by * (at.x - view.x), y: at.y - by * (at.y - view.y) };
}

/** Moves the image, but never out of sight. */
export function pan({ scale, x, y }: View, dx: number, dy: number, image: Size, screen: Size): View {
  const keep = (at: number, length: number, room: number) => Math.min(room - 32, Math.max(32 - length, at));
  return {
    scale,
    x: keep(x + dx, scale * image.width, screen.width),
    y: keep(y + dy, scale * image.height, screen.height),
  };
}

/** The nearest point of the image, edges included. */
export const clamp = ({ x, y }: Point, { width, height }: Size): Point => ({
  x: Math.min(width, Math.max(0, x)),
  y: Math.min(height, Math.max(0, y)),
});

/** A part of the image, pixels. */
export interface Box extends Point, Size {}

/** Shows a part of the image with some room around it. */
export function frame(box: Box, image: Size, screen: Size): View {
  const part = { width: Math.max(1, box.width), height: Math.max(1, box.height) };
  const close = Math.min(screen.width / part.width, screen.height / part.height) / 1.5;
  // Never smaller than the whole image.
  const scale = Math.min(most, Math.max(fit(image, screen).scale, close));
  return centred({ scale, x: 0, y: 0 }, { x: box.x + (box.width - 1) / 2, y: box.y + (box.height - 1) / 2 }, screen);
}

/** The same scale, with this point of the image in the middle. */
export const centred = ({ scale }: View, { x, y }: Point, screen: Size): View => ({
  scale,
  x: screen.width / 2 - scale * (x + 0.5),
  y: screen.height / 2 - scale * (y + 0.5),
});

/** The part of the image that is on the screen, as shares of its sides; zero sizes where none is. */
export function seen({ scale, x, y }: View, image: Size, screen: Size): Box {
  const share = (at: number, side: number) => Math.min(1, Math.max(0, at / (scale * side)));
  const [left, top] = [share(-x, image.width), share(-y, image.height)];
  return {
    ...{ x: left, y: top },
    width: share(screen.width - x, image.width) - left,
    height: share(screen.height - y, image.height) - top,
  };
}
