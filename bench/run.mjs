// npm run bench: our code beside its peers. `-- --json FILE` also writes the rows, `-- --only NAME,…` runs some.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setup } from '../scripts/setup.mjs';

const args = process.argv.slice(2);
const flags = {};
for (let i = 0; i < args.length; i += 2) {
  if (!['--json', '--only'].includes(args[i]) || !args[i + 1])
    refuse(`${args[i]}; expected --json FILE or --only NAME,…`);
  flags[args[i].slice(2)] = args[i + 1];
}
setup();

// After set-up: these import what it built.
const { names: pythonPeers, speed } = await import('./speed.mjs');
const { extraction } = await import('./extraction.mjs');
const { startPeer } = await import('./peer.mjs');
const names = [...pythonPeers, 'extract-overhead'];
const wanted = flags.only?.split(',') ?? names;
const unknown = wanted.find((name) => !names.includes(name));
if (unknown) refuse(`--only ${unknown}; expected some of ${names.join(', ')}`);

const rows = [];
let versions = '';
if (wanted.some((name) => pythonPeers.includes(name))) {
  const peer = await startPeer();
  versions = Object.entries(peer.versions).map(([name, version]) => `, ${name} ${version ?? 'missing'}`);
  rows.push(...(await speed(wanted, peer)));
  peer.stop();
}
if (wanted.includes('extract-overhead')) rows.push(...(await extraction()));

const machine = `${cpus().length} × ${cpus()[0].model.trim()}, Node ${process.versions.node}`;
console.log(`\n${new Date().toISOString().slice(0, 10)}, ${machine}${[...versions].join('')}; medians of 7\n`);
console.log('| | ours | peer | unit | times better | peer | on |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const { name, ours, peer, ratio, peer_name, what, ours_range, peer_range, unit } of rows) {
  const cell = (value, [least, most]) => `${value} (${least}–${most})`;
  console.log(
    `| \`${name}\` | ${cell(ours, ours_range)} | ${cell(peer, peer_range)} | ${unit} | ${ratio} | ${peer_name} | ${what} |`,
  );
}
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(rows, null, 1)}\n`);

function refuse(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
