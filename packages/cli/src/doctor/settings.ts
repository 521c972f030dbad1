/** Settings: read as the other processes read them, and none that nobody reads. */
import { readWatched, type Settings } from '../settings.ts';
import { type Finding, fails, ok, oneLine, warning } from './check.ts';

/** @returns the settings, unless they cannot be used, and what was found */
export function checkSettings(): { settings?: Settings; findings: Finding[] } {
  try {
    const { settings, read, unread } = readWatched();
    const count = read.length === 1 ? '1 variable' : `${read.length} variables`;
    const findings = [
      ok('settings', `${count} read, home ${settings.home}`),
      ...unread.map((name) =>
        warning('settings', `${name} is set, and nobody reads it`, 'its spelling: README.md lists all'),
      ),
    ];
    return { settings, findings };
  } catch (error) {
    return { findings: [fails('settings', oneLine(error), 'the environment of this process')] };
  }
}
