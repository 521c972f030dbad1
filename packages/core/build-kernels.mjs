// Compiles the kernels to one WebAssembly module and writes it into src/arena/wasm.ts: as text, which every runtime
// imports alike, with no file to fetch and no path to know, beside the types of its exports as the compiler declares
// them. The module that the bench measures the machine with stays a file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * @param entry a file of src/arena/kernels
 * @returns by extension: the module, its listing as text, and the declarations of what it exports
 */
async function compile(entry) {
  const made = {};
  const { error, stderr } = await asc.main(
    [
      `src/arena/kernels/${entry}`,
      ...['--baseDir', here, '--outFile', 'out.wasm', '--textFile', 'out.wat', '--bindings', 'raw'],
      ...['--runtime', 'stub', '--noAssert', '--optimizeLevel', '3', '--converge', '--enable', 'simd'],
    ],
    {
      writeFile(name, contents) {
        made[name.slice('out.'.length)] = contents;
      },
    },
  );
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
  return made;
}

/** The members of an interface, from the functions and constants that the compiler declares in a namespace. */
function members(declarations) {
  const [, body] = /^declare namespace __AdaptedExports {\n(.*?)^}/ms.exec(declarations);
  return body
    .replace(/^ {2}\/\*\* Exported memory \*\/\n.*\n/m, '')
    .replaceAll(/^ {2}export function /gm, '  ')
    .replaceAll(/^ {2}export const /gm, '  readonly ')
    .trimEnd();
}

const [kernels, peak] = [await compile('module.ts'), await compile('peak.ts')];
const out = join(here, 'dist/kernels');
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'kernels.wasm'), kernels.wasm);
writeFileSync(join(out, 'kernels.wat'), kernels.wat);
writeFileSync(join(out, 'peak.wasm'), peak.wasm);
writeFileSync(join(out, 'peak.wat'), peak.wat);

const lines = Buffer.from(kernels.wasm)
  .toString('base64')
  .match(/.{1,108}/g);
writeFileSync(
  join(here, 'src/arena/wasm.ts'),
  `// Made by build-kernels.mjs.

/** What the module exports, its memory apart. */
export interface Kernels {
${members(kernels['d.ts'])}
}

/** The module, in base64. */
export const wasm: string = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`,
);
