/** Which sources handle messages between processes elsewhere than at their doors. */
import type { Source } from './arrows.ts';

interface Door {
  /** Reads or writes a message as Temporal has it, of any type. An interceptor names a method, as `startUpdate:`. */
  raw: RegExp;
  /** The one file that may, below `packages/`. */
  only: string;
}

export const doors: Door[] = [
  {
    raw: /\bworkflow\s*\.(start|execute|signalWithStart|\w+UpdateWithStart|result|getHandle)\b|\b(execute|start)Update\b(?!:)/,
    only: 'orchestrator/src/temporal/workflows.ts',
  },
  { raw: /\b(setHandler|defineUpdate|defineSignal|defineQuery)\b/, only: 'orchestrator/src/workflows/handle.ts' },
  { raw: /\bvalue as T\b|\bas (never|any)\b/, only: 'contract/src/messages/received.ts' },
  { raw: /\bheartbeatDetails\b/, only: 'worker/src/activities.ts' },
];

/** One line for every source that passes by a door, or registers activities that do not check their requests. */
export function passersBy(sources: readonly Source[]): string[] {
  return sources.flatMap(({ file, text }) => {
    const raw = doors.flatMap(({ raw, only }) => {
      const [found] = file === only || !isConcerned(file, only) ? [] : (raw.exec(text) ?? []);
      return found === undefined ? [] : `${file} has ${found}; expected it in ${only} alone`;
    });
    const registers = /\bWorker\.create\([^;]*\bactivities\b/s.test(text) && !/\bactivities: receiving\(/.test(text);
    return registers ? [...raw, `${file} registers activities; expected receiving(…) around them`] : raw;
  });
}

/** Casts are looked for among messages alone. */
const isConcerned = (file: string, only: string) =>
  !only.startsWith('contract/') ||
  file.startsWith('contract/src/messages/') ||
  file.startsWith('orchestrator/src/temporal/');
