/** What crosses a boundary is parsed by a schema: where sources read JSON, and where they call a value what it may not be. */
import type { Source } from './arrows.ts';

/** JSON that is read, and answers that are cast. */
const readings = [/\bJSON\s*\.\s*parse\b/, /\.json\(\s*\)/, /\bas\s+Answer\b/, /\bresponse(Type)?\s*[:=]\s*['"]json\b/];

/** Files of pages and commands that may, each with its reason. */
export const readers: Record<string, string> = {
  'ui/src/api.ts': 'the one client of the pages: the endpoint’s schema parses the answer',
  'ui/src/stored.ts': 'the one reader of the browser’s storage: the caller’s schema parses it',
  'cli/src/api.ts': 'the one client of the commands: the endpoint’s schema parses the answer',
  'cli/src/doctor/ask.ts': 'documents of probes and providers, checked by their schemas',
};

/** Files of pages and commands that read JSON. */
export const readersOf = (sources: readonly Source[]): string[] =>
  sources
    .filter(({ file, text }) => /^(ui|cli)\/src\//.test(file) && readings.some((reading) => reading.test(text)))
    .map(({ file }) => file);
