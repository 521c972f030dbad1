import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every object below a folder with the hash of its bytes: two runs must agree on these. */
export function objectsOf(root: string, prefixes: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const prefix of prefixes) {
    const folder = join(root, prefix);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      found.set(path.slice(root.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex'));
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
