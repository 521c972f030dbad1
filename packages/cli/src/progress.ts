/** Progress for people: one line that rewrites itself on a terminal; nothing elsewhere. */
export interface Progress {
  show(text: string): void;
  /** Clears the line before other output. */
  clear(): void;
}

export function progress(stream: NodeJS.WriteStream = process.stderr, quiet = false): Progress {
  if (quiet || !stream.isTTY) return { show() {}, clear() {} };
  return {
    show(text) {
      stream.write(`\r\x1b[2K${text.slice(0, (stream.columns || 80) - 1)}`);
    },
    clear() {
      stream.write('\r\x1b[2K');
    },
  };
}
