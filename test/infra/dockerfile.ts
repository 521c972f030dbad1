/** Dockerfiles, read as far as ours go, and run as a script: the stages that build, without their base images. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';

import type { Ignore } from '@balena/dockerignore';

export interface Instruction {
  keyword: string;
  text: string;
}

export interface Stage {
  name: string;
  from: string;
  instructions: Instruction[];
}

export interface Dockerfile {
  /** Defaults of the arguments before the first stage. */
  args: Map<string, string>;
  stages: Stage[];
}

export function readDockerfile(text: string): Dockerfile {
  const lines = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim());
  const args = new Map<string, string>();
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, keyword, rest] = /^(\w+)\s+(.*)$/.exec(line)!;
    const text = rest.replaceAll(/\s+/g, ' ').trim();
    const [, from, name] = /^(\S+) AS (\S+)$/.exec(text) ?? [];
    if (keyword === 'FROM') stages.push({ name, from, instructions: [] });
    else if (stages.length > 0) stages.at(-1)!.instructions.push({ keyword, text });
    else {
      const [argument, value] = text.split('=');
      args.set(argument, value);
    }
  }
  return { args, stages };
}

/** The instructions of one kind of a stage, after those of the stages that it starts from. */
export function textsOf(stages: readonly Stage[], name: string, keyword: string): string[] {
  const stage = stages.find((stage) => stage.name === name);
  if (!stage) return [];
  const own = stage.instructions.filter((instruction) => instruction.keyword === keyword);
  return [...textsOf(stages, stage.from, keyword), ...own.map(({ text }) => text)];
}

/** What a stage starts with, and gives to what follows. */
interface State {
  folder: string;
  env: Record<string, string>;
}

/**
 * Runs a stage's instructions in a folder that stands for the root of the image. Its commands must use relative paths.
 *
 * @param context files that the build sees, by path
 * @throws Error with the output of a command that fails
 */
export function runStage(
  stage: Stage,
  root: string,
  context: { root: string; files: readonly string[] },
  env: NodeJS.ProcessEnv,
): void {
  const state: State = { folder: root, env: {} };
  mkdirSync(root, { recursive: true });
  for (const { keyword, text } of stage.instructions) {
    if (keyword === 'WORKDIR') {
      state.folder = resolve(root, `.${text}`);
      mkdirSync(state.folder, { recursive: true });
    } else if (keyword === 'ENV') {
      for (const [, name, value] of text.matchAll(/(\w+)=(\S+)/g)) state.env[name] = value;
    } else if (keyword === 'COPY') {
      copy(text, state.folder, context);
    } else if (keyword === 'RUN') {
      const { status, error, stdout, stderr } = spawnSync('sh', ['-ec', text], {
        cwd: state.folder,
        env: { ...env, ...state.env },
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`RUN ${text}: ended with ${status}: ${error ?? `${stdout}${stderr}`}`);
    } else throw new Error(`${keyword} in the stage ${stage.name}; expected WORKDIR, ENV, COPY or RUN`);
  }
}

/** As `COPY` does: files of the context by name, or all of it. */
function copy(text: string, folder: string, { root, files }: { root: string; files: readonly string[] }): void {
  const sources = text.split(' ').slice(0, -1);
  for (const source of sources) {
    const found = source === '.' ? files : files.filter((file) => file === source);
    if (found.length === 0) throw new Error(`COPY ${text}: no ${source} in the context`);
    for (const file of found) {
      cpSync(join(root, file), join(folder, source === '.' ? file : basename(file)));
    }
  }
}

/** @param text of a .dockerignore. @returns whether a path is left out of the build's context */
export function ignoring(text: string): (path: string) => boolean {
  // Its types describe an ECMAScript module, which it is not.
  const dockerignore: () => Ignore = createRequire(import.meta.url)('@balena/dockerignore');
  const ignored = dockerignore().add(text);
  return (path) => ignored.ignores(path);
}

export const readText = (path: string): string => readFileSync(path, 'utf8');
