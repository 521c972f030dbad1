/** A picture as large as the screen that is drawn again only when what it shows is other. */
export class Layer {
  readonly #canvas = new OffscreenCanvas(1, 1);
  #key: readonly unknown[] = [];

  /**
   * @param key what the picture depends on; compared part by part
   * @param width of the picture, device pixels
   * @param draw draws it, on a clear canvas
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
    // Also clears it.
    canvas.width = width;
    canvas.height = height;
    draw(canvas.getContext('2d')!);
    return canvas;
  }
}
