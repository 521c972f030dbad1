/** Text as chunks of some size: a line each would be millions of small writes. */
export async function* chunked(text: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let held = '';
  for await (const piece of text) {
    held += piece;
    if (held.length < 1 << 18) continue;
    yield encoder.encode(held);
    held = '';
  }
  yield encoder.encode(held);
}
