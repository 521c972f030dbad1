/** Lines of text as they arrive, and sorted ones merged. */

/** @param chunks UTF-8; the last line may lack its end */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** The lines of all sources in order, each source being in order itself. Holds one line of each. */
export async function* merged(sources: readonly AsyncGenerator<string>[]): AsyncGenerator<string> {
  const heads: { line: string; source: AsyncGenerator<string> }[] = [];
  try {
    for (const source of sources) {
      const { value, done } = await source.next();
      if (!done) heads.push({ line: value, source });
    }
    while (heads.length > 0) {
      let first = 0;
      for (let i = 1; i < heads.length; i++) if (heads[i].line < heads[first].line) first = i;
      const head = heads[first];
      yield head.line;
      const { value, done } = await head.source.next();
      if (done) heads.splice(first, 1);
      else head.line = value;
    }
  } finally {
    for (const { source } of heads) await source.return(undefined);
  }
}
