/** Which sources import each other in a circle, types included. */
import { posix } from 'node:path';
import { imports, type Source } from './arrows.ts';

/**
 * Circles among sources: groups of files in which each imports every other, directly or through others of the group.
 * Dynamic imports are left out: they run later, and may be how a circle is broken.
 *
 * @param sources with paths from the top of the clone, joined by `/`
 * @returns the files of each circle, sorted
 */
export function circles(sources: readonly Source[]): string[][] {
  const files = new Set(sources.map(({ file }) => file));
  const targets = new Map(
    sources.map(({ file, text }) => [
      file,
      imports(text, { dynamic: false }).flatMap((module) => resolve(file, module, files) ?? []),
    ]),
  );
  return components(targets).filter(([file, ...others]) => others.length > 0 || targets.get(file)?.includes(file));
}

/** @returns the file that a module names, undefined where it is none of these */
function resolve(file: string, module: string, files: ReadonlySet<string>): string | undefined {
  const ours = module.replace(/^@saltworks\/([^/]+)\//, 'packages/$1/src/');
  const path = module.startsWith('.') ? posix.join(posix.dirname(file), module) : ours;
  return ['', '.ts', '.tsx'].map((ending) => path + ending).find((each) => files.has(each));
}

/** Strongly connected components. Tarjan 1972, "Depth-first search and linear graph algorithms". */
function components(targets: ReadonlyMap<string, string[]>): string[][] {
  const found: string[][] = [];
  const numbers = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  /** @returns the least number that is reached from here and still on the stack */
  const visit = (file: string): number => {
    const number = numbers.size;
    numbers.set(file, number);
    stack.push(file);
    onStack.add(file);
    let low = number;
    for (const target of targets.get(file) ?? []) {
      if (!numbers.has(target)) low = Math.min(low, visit(target));
      else if (onStack.has(target)) low = Math.min(low, numbers.get(target)!);
    }
    if (low === number) {
      const group = stack.splice(stack.indexOf(file));
      for (const each of group) onStack.delete(each);
      found.push(group.sort());
    }
    return low;
  };
  for (const file of targets.keys()) if (!numbers.has(file)) visit(file);
  return found;
}
