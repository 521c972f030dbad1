/** The version of this release. All packages have the same, and each package's manifest is packed beside its `dist`. */
import { readFileSync } from 'node:fs';

export const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
