/** An offscreen bitmap that is redrawn only when its key changes. */
export class Layer {
  readonly #canvas = new OffscreenCanvas(1, 1);
  #key: readonly unknown[] = [];

  /**
   * @param key everything the bitmap depends on; parts are compared by identity
   * @param width device pixels
   * @param draw draws the bitmap on a clear canvas
   */
  get(
    key: readonly unknown[],
    width: number,
    height: number,
    draw: (context: OffscreenCanvasRenderingContext2D) => void,
  ): OffscreenCanvas {
    const canvas = this.#canvas;
    const same = key.length === this.#key.length && key.every((part, i) => part === this.#key[i]);
    if (same && canvas.width === width && canvas.height === height) return canvas;
    this.#key = key;
    // Setting the size clears the canvas.
    canvas.width = width;
    canvas.height = height;
    draw(canvas.getContext('2d')!);
    return canvas;
  }
}
