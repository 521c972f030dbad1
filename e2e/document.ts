/**
 * Runs the commands of a document as they are written there, and compares what they print with what the document says.
 * Commands are the lines that begin with `$ ` within fences; the lines below are what they print, `…` stands for anything.
 */
import { spawn } from 'node:child_process';

export interface Step {
  /** Heading that it stands below. */
  section: string;
  command: string;
  printed: string[];
}

/** The steps of a Markdown text, in order. A command goes on below where its line ends with a backslash. */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  let section = '';
  let open: Step | undefined;
  let fenced = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) {
      fenced = !fenced;
      open = undefined;
    } else if (!fenced) {
      section = /^#+ (.*)$/.exec(line)?.[1] ?? section;
    } else if (line.startsWith('$ ')) {
      open = { section, command: line.slice(2), printed: [] };
      steps.push(open);
    } else if (open?.command.endsWith('\\')) {
      open.command += `\n${line}`;
    } else if (line.trim()) {
      open?.printed.push(line);
    }
  }
  return steps;
}

const hex = '[0-9a-f]';
/** What is not compared letter by letter, in the order in which it is looked for. */
const kinds = {
  any: '…',
  /** Times, durations, ports and secrets: never the same twice. */
  passing: String.raw`\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?|\b\d\d:\d\d(?::\d\d)?\b|[\d.]+ (?:s|ms|min)\b|(?<=127\.0\.0\.1:)\d+`,
  id: String.raw`(?<![\w.])(?=\d*[a-f])(?=[a-f]*\d)${hex}{8,64}(?!\w)`,
  amount: String.raw`\d+(?:\.\d+)? (?:kB|MB|%)`,
  figure: String.raw`(?:(?<=\s)-)?\d+(?:\.\d+)?`,
  space: String.raw`\s+`,
};
type Kind = keyof typeof kinds;
const piece = new RegExp(
  Object.entries(kinds)
    .map(([kind, source]) => `(?<${kind}>${source})`)
    .join('|'),
  'g',
);

/** Whether two figures are the same but for another processor's rounding. @param exact whole numbers below 1,000 must be equal */
function close(a: string, b: string, exact: boolean): boolean {
  const [one, other] = [Number.parseFloat(a), Number.parseFloat(b)];
  if (exact && !`${a}${b}`.includes('.') && Math.max(one, other) < 1000) return one === other;
  const last = 10 ** -(/\.(\d+)/.exec(a)?.[1].length ?? 0);
  return Math.abs(one - other) <= 0.05 * Math.abs(one) + 2 * last;
}

/** What the ids of a document are called now. */
export type Ids = Map<string, string>;

/** Whether a line says what it should; notes the ids in it. */
export function same(expected: string, actual: string, ids: Ids): boolean {
  const found: { kind: Kind; text: string }[] = [];
  let source = '';
  let at = 0;
  const plain = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const text = expected.trim();
  for (const match of text.matchAll(piece)) {
    source += plain(text.slice(at, match.index));
    at = match.index + match[0].length;
    const [kind] = Object.entries(match.groups!).find(([, value]) => value !== undefined) as [Kind, string];
    found.push({ kind, text: match[0] });
    const how = { any: '.*?', id: `${hex}{${match[0].length}}` };
    source += `(${how[kind as 'any'] ?? kinds[kind]})`;
  }
  const values = new RegExp(`^${source}${plain(text.slice(at))}$`).exec(actual.trim())?.slice(1);
  return (
    values?.every((value, i) => {
      const { kind, text } = found[i];
      if (kind === 'figure' || kind === 'amount') return close(text, value, kind === 'figure');
      if (kind !== 'id') return true;
      const known = ids.get(text) ?? value;
      ids.set(text, known);
      return known === value;
    }) ?? false
  );
}

/** Whether the lines say what they should, in their order. A line of `…` alone stands for any number of lines. */
export function matches(expected: readonly string[], actual: readonly string[], ids: Ids): boolean {
  if (expected.length === 0) return actual.length === 0;
  const [first, ...rest] = expected;
  if (first.trim() === '…') return actual.some((_, i) => matches(rest, actual.slice(i), ids)) || rest.length === 0;
  return actual.length > 0 && same(first, actual[0], ids) && matches(rest, actual.slice(1), ids);
}

/**
 * Runs steps in a shell, one after another. A command must end with 0, unless `echo $?` comes next.
 *
 * @param ids are added to, and stand in commands for those of the document
 * @throws Error with the command, what it printed and what the document says, unless they are the same
 */
export async function runSteps(
  steps: readonly Step[],
  { cwd, env, ids }: { cwd: string; env: Record<string, string>; ids: Ids },
): Promise<void> {
  let last = 0;
  for (const [i, { command, printed }] of steps.entries()) {
    const now = command.replaceAll(new RegExp(kinds.id, 'g'), (id) => ids.get(id) ?? id);
    const run = await shell(`(exit ${last}); ${now}`, cwd, env);
    last = run.status;
    const asked = steps[i + 1]?.command === 'echo $?';
    if ((last === 0 || asked) && matches(printed, run.lines, ids)) continue;
    throw new Error(`$ ${now}\n${run.lines.join('\n')}\nended with ${last}; the document says:\n${printed.join('\n')}`);
  }
}

/** @returns what it prints, on both streams, without empty lines */
function shell(
  command: string,
  cwd: string,
  env: Record<string, string>,
): Promise<{ status: number; lines: string[] }> {
  const child = spawn('bash', ['-c', `exec 2>&1; ${command}`], { cwd, env: { ...process.env, ...env } });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) =>
      resolve({ status: status ?? -1, lines: text.split('\n').filter((line) => line.trim()) }),
    );
  });
}
