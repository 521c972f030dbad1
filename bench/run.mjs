// npm run bench: our code beside its peers. `-- --json FILE` also writes the rows, `-- --only NAME,…` runs some, `-- --quick`
// repeats less, `-- --docs` writes docs/performance.* from the figures.
import { writeFileSync } from 'node:fs';
import { setup } from '../scripts/setup.mjs';

const usage = '--json FILE, --only NAME,…, --quick or --docs';
const flags = parse(process.argv.slice(2));
setup();

// Imported after set-up, which builds them.
const { openParts } = await import('./parts.mjs');
const { about, printed, rowTables, writeDocs } = await import('./report.mjs');

const { names, run } = openParts(flags);
const wanted = flags.only?.split(',') ?? names;
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) refuse(`--only ${unknown}; expected some of ${names.join(', ')}`);

const figures = await run(wanted);
console.log(`\n${about(figures)}\n`);
if (figures.rows.length > 0) console.log(rowTables(figures.rows));
for (const part of ['growth', 'stages', 'latency', 'files'])
  if (figures[part]) console.log(`\n${printed(part, figures)}`);
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(figures.rows, null, 1)}\n`);
if (flags.docs) writeDocs(figures);

function parse(args) {
  const out = {};
  while (args.length > 0) {
    const flag = args.shift();
    if (flag === '--quick' || flag === '--docs') out[flag.slice(2)] = true;
    else if ((flag === '--json' || flag === '--only') && args.length > 0) out[flag.slice(2)] = args.shift();
    else refuse(`${flag}; expected ${usage}`);
  }
  if (out.docs && out.only) refuse('--docs with --only; expected one of them, since the document shows all');
  return out;
}

function refuse(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
