/** Sorted lines merged. */

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
