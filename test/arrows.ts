/** Finds imports that break the arrows between packages and rooms (ARCHITECTURE.md). */
import { posix } from 'node:path';

/** What core may import: they turn numbers into bytes, in Node and browsers alike. */
const pureEncoders = ['fast-png', 'hyparquet-writer'];

/** The packages of ours that each package may import. */
export const arrows: Record<string, string[]> = {
  contract: [],
  core: ['contract'],
  telemetry: ['contract'],
  backbone: ['contract', 'core', 'telemetry'],
  store: ['contract', 'core', 'telemetry'],
  worker: ['backbone', 'contract', 'core', 'lab', 'store', 'telemetry'],
  orchestrator: ['contract', 'core', 'store', 'telemetry'],
  lab: ['backbone', 'contract', 'core'],
  cli: ['backbone', 'contract', 'core', 'lab', 'orchestrator', 'store', 'telemetry', 'ui', 'worker'],
  ui: ['contract', 'core'],
};

export interface Source {
  /** Path below `packages/`, such as `ui/src/main.tsx`. */
  file: string;
  text: string;
}

/** @returns one line for each import that breaks a rule */
export function violations(sources: readonly Source[]): string[] {
  return sources.flatMap(({ file, text }) => {
    const broken = imports(text).flatMap((module) => {
      const rule = brokenRule(file, module);
      return rule === undefined ? [] : `${file} imports ${module}: ${rule}`;
    });
    if (/\/src\/(.+\/)?index\.\w+$/.test(file)) broken.push(`${file} is a barrel: packages are imported by sub-path`);
    return broken;
  });
}

// Not within quotes, where 'import' is a word.
const statically = /(?:^|[^'"`\w])(?:from|import)\s*(['"])([^'"\n]+)\1/gm;
const anyhow = /(?:^|[^'"`\w])(?:from|import|require)\s*\(?\s*(['"])([^'"\n]+)\1/gm;

/** All modules that a source names: imports, re-exports and types; by default also dynamic imports and `require`. */
export function imports(text: string, { dynamic = true } = {}): string[] {
  return [...text.matchAll(dynamic ? anyhow : statically)].map(([, , module]) => module);
}

function brokenRule(file: string, module: string): string | undefined {
  const [name, room] = file.split('/');
  if (module.startsWith('.')) {
    const target = posix.join(posix.dirname(file), module);
    if (!target.startsWith(`${name}/${room}/`)) return 'no path leads out of a package';
    if (isWorkflow(file) && !isWorkflow(target)) return workflowRule;
    return undefined;
  }
  const [, ours, path] = /^@saltworks\/([^/]+)(\/.+)?$/.exec(module) ?? [];
  if (ours !== undefined) {
    if (!arrows[name]?.includes(ours)) return `${name} imports ${arrows[name]?.join(', ') || 'nothing'} of ours`;
    if (path === undefined) return 'packages are imported by sub-path';
  }
  if (isWorkflow(file) && module !== '@temporalio/workflow' && !module.startsWith('@saltworks/contract/')) {
    return workflowRule;
  }
  if (name === 'core' && ours === undefined && !pureEncoders.includes(module))
    return 'core is pure: no Node, no ONNX, no Temporal';
  if (name === 'contract' && module !== 'zod/mini')
    return 'contract is the ground floor: schemas, names and plain rules';
  return undefined;
}

const isWorkflow = (file: string) => file.startsWith('orchestrator/src/workflows/');
const workflowRule = 'workflow files import @temporalio/workflow, contract and each other';
