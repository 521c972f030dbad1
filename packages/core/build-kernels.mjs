// Compiles the kernels to one WebAssembly module and writes it into src/arena as text: a module that every runtime can
// import the same way, with no file to fetch and no path to know. What the bench measures the machine with stays a file.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, 'dist/kernels');
mkdirSync(out, { recursive: true });

/** @returns where the module is */
async function compile(entry, name) {
  const wasm = join(out, `${name}.wasm`);
  const { error, stderr } = await asc.main([
    join(here, 'src/arena/kernels', entry),
    '--outFile',
    wasm,
    '--textFile',
    join(out, `${name}.wat`),
    ...['--runtime', 'stub', '--noAssert', '--optimizeLevel', '3', '--converge', '--enable', 'simd'],
  ]);
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
  return wasm;
}

await compile('peak.ts', 'peak');
const text = readFileSync(await compile('module.ts', 'kernels')).toString('base64');
const lines = text.match(/.{1,108}/g).map((line) => `  '${line}',`);
writeFileSync(
  join(here, 'src/arena/wasm.ts'),
  `// Made by build-kernels.mjs: the kernels as a WebAssembly module, in base64.\nexport const wasm: string = [\n${lines.join('\n')}\n].join('');\n`,
);
