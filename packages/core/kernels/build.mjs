// Compiles the kernels to one WebAssembly module and writes it into src/fast as text: a module that every runtime can
// import the same way, with no file to fetch and no path to know. What the bench measures the machine with stays a file.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = dirname(fileURLToPath(import.meta.url));
mkdirSync(join(here, 'dist'), { recursive: true });

/** @returns where the module is */
async function compile(entry, name) {
  const out = join(here, `dist/${name}.wasm`);
  const { error, stderr } = await asc.main([
    join(here, entry),
    '--outFile',
    out,
    '--textFile',
    join(here, `dist/${name}.wat`),
    ...['--runtime', 'stub', '--noAssert', '--optimizeLevel', '3', '--converge', '--enable', 'simd'],
  ]);
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
  return out;
}

await compile('peak.ts', 'peak');
const text = readFileSync(await compile('index.ts', 'kernels')).toString('base64');
const lines = text.match(/.{1,108}/g).map((line) => `  '${line}',`);
writeFileSync(
  join(here, '../src/fast/wasm.ts'),
  `// Made by kernels/build.mjs: the kernels as a WebAssembly module, in base64.\nexport const wasm: string = [\n${lines.join('\n')}\n].join('');\n`,
);
