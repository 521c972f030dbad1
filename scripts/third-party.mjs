// node scripts/third-party.mjs: what the command consists of, as `out/sbom.cdx.json` (CycloneDX 1.6) and `out/THIRD_PARTY.md`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { env, root } from './setup.mjs';

/** Licences that a part of Apache-2.0 software may have without a further word. */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
];

/** Packages that have another licence, or name none, and why they may be there. */
export const exceptions = [
  {
    names: /^@img\/sharp-libvips-/,
    licence: 'LGPL-3.0-or-later',
    reason:
      'a shared library of its own, which sharp loads and anybody can replace; nothing of it is compiled into ours',
  },
  {
    names: /^caniuse-lite$/,
    licence: 'CC-BY-4.0',
    reason:
      'a table of browsers that webpack reads, which Temporal’s worker depends on; unchanged, and named here with its source',
  },
  {
    names: /^unionfs$/,
    licence: 'Unlicense',
    reason: 'its manifest names no licence; the file LICENSE in it is the Unlicense',
  },
];

/**
 * @typedef {object} Part
 * @property {string} name @property {string} version
 * @property {string} licence an SPDX expression, or `unknown`
 * @property {string} [folder] where it is installed; platforms' packages are installed on theirs
 * @property {string} integrity as the lock file has it
 * @property {string[]} needs ids, `name@version`
 */

/**
 * Every third-party package that the packages of ours need in production, by the lock file, on each platform that Saltworks runs on.
 * @returns {{ parts: Map<string, Part>, direct: Map<string, string[]> }} by `name@version`; the ids that each of our packages names
 */
export function thirdParty() {
  const lock = parse(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'));
  const installed = installedLicences();
  const parts = new Map();
  const take = (name, path) => {
    const id = `${name}@${path.replace(/\(.*$/, '')}`;
    if (parts.has(id)) return id;
    const { resolution, peerDependenciesMeta = {} } = lock.packages[id];
    const { dependencies = {}, optionalDependencies = {} } = lock.snapshots[`${name}@${path}`];
    const part = { name, version: id.slice(name.length + 1), integrity: resolution.integrity, needs: [] };
    parts.set(id, Object.assign(part, installed.get(id)));
    for (const [needed, at] of Object.entries({ ...dependencies, ...optionalDependencies })) {
      // What the workspace happens to have is joined to optional peers, and is not installed for others.
      if (peerDependenciesMeta[needed]?.optional) continue;
      if (isForUs(lock.packages[`${needed}@${at.replace(/\(.*$/, '')}`])) part.needs.push(take(needed, at));
    }
    return id;
  };
  const direct = new Map();
  for (const folder of readdirSync(join(root, 'packages'))) {
    const named = Object.entries(lock.importers[`packages/${folder}`].dependencies ?? {});
    const others = named.filter(([, { version }]) => !version.startsWith('link:'));
    direct.set(
      folder,
      others.map(([name, { version }]) => take(name, version)),
    );
  }
  const byFamily = new Map(
    [...parts.values()].flatMap((part) => (part.licence ? [[familyOf(part), part.licence]] : [])),
  );
  for (const part of parts.values()) part.licence = licenceOf(part, byFamily);
  return { parts: new Map([...parts].sort(([a], [b]) => (a < b ? -1 : 1))), direct };
}

/** Linux with glibc and macOS, x64 or arm64. */
function isForUs({ os, cpu, libc }) {
  const has = (allowed, names) => allowed === undefined || names.some((name) => allowed.includes(name));
  return has(os, ['linux', 'darwin']) && has(cpu, ['x64', 'arm64']) && has(libc, ['glibc']);
}

function licenceOf(part, byFamily) {
  const exception = exceptions.find(({ names }) => names.test(part.name));
  if (part.licence && part.licence !== 'Unknown') return part.licence;
  return exception?.licence ?? byFamily.get(familyOf(part)) ?? 'unknown';
}

/** Packages of one program for several platforms have one licence. */
const familyOf = ({ name, version }) => `${name.replace(/-(linux|darwin)-.*$/, '')}@${version}`;

/** By `name@version`: licence and folder of every package that is installed. */
function installedLicences() {
  const list = execFileSync('pnpm', ['licenses', 'list', '--prod', '--json'], { cwd: root, env, maxBuffer: 2 ** 26 });
  return new Map(
    Object.values(JSON.parse(list.toString()))
      .flat()
      .flatMap(({ name, license, versions, paths }) =>
        versions.map((version, i) => [`${name}@${version}`, { licence: license, folder: paths[i] }]),
      ),
  );
}

/** @param {Pick<Part, 'name' | 'licence'>} part @returns {boolean} whether its licence is allowed, or an exception says why it may be there */
export const isFine = ({ name, licence }) =>
  isAllowed(licence) || exceptions.some((exception) => exception.names.test(name) && exception.licence === licence);

/** @param {string} expression of SPDX, without nesting */
export function isAllowed(expression) {
  const terms = expression.replace(/[()]/g, '');
  if (terms.includes(' OR ')) return terms.split(' OR ').some(isAllowed);
  return terms.split(' AND ').every((each) => ALLOWED.includes(each));
}

const purlOf = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/**
 * CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/
 * @param {Map<string, Part>} parts @param {readonly string[]} first ids of those that ours name themselves
 */
export function billOf(parts, first, version) {
  const main = {
    type: 'application',
    name: '@saltworks/cli',
    version,
    'bom-ref': purlOf({ name: '@saltworks/cli', version }),
  };
  const refs = (ids) => ids.map((id) => purlOf(parts.get(id)));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { ...main, licenses: [{ license: { id: 'Apache-2.0' } }] } },
    components: [...parts.values()].map((part) => ({
      type: 'library',
      'bom-ref': purlOf(part),
      name: part.name,
      version: part.version,
      purl: purlOf(part),
      licenses: / (OR|AND) /.test(part.licence) ? [{ expression: part.licence }] : [{ license: { id: part.licence } }],
      ...(part.integrity && { hashes: [{ alg: 'SHA-512', content: hexOf(part.integrity) }] }),
    })),
    dependencies: [
      { ref: main['bom-ref'], dependsOn: refs(first) },
      ...[...parts.values()].map((part) => ({ ref: purlOf(part), dependsOn: [...new Set(refs(part.needs))] })),
    ],
  };
}

const hexOf = (integrity) => Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');

/** @param {Map<string, Part>} parts @param {readonly Part[]} inside those that our own files contain */
export function reportOf(parts, inside) {
  const rows = [...parts.values()].map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`);
  const odd = exceptions.flatMap(({ names, licence, reason }) => {
    const found = [...new Set([...parts.values()].filter((part) => names.test(part.name)).map(({ name }) => name))];
    return found.length > 0 ? [`- ${found.join(', ')}: ${licence}; ${reason}.`] : [];
  });
  const texts = inside.map((part) => `### ${part.name} ${part.version}\n\n\`\`\`\n${textOf(part)}\n\`\`\`\n`);
  return [
    '# Third-party software',
    'Saltworks is under Apache-2.0. The packages below are what its command needs; package managers fetch them from their registry, each with its own licence file.',
    ...(odd.length > 0 ? [`Licences that need a word:\n\n${odd.join('\n')}`] : []),
    `| package | version | licence |\n| --- | --- | --- |\n${rows.join('\n')}`,
    '## Inside our own files',
    'The page and the command’s package contain these, wholly or in part.',
    texts.join('\n'),
  ].join('\n\n');
}

function textOf({ folder, licence, name }) {
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file) return readFileSync(join(folder, file), 'utf8').trim();
  return name.startsWith('onnxruntime-') ? ONNX_RUNTIME : `${licence}; ${name} has no licence file of its own.`;
}

/** Its npm packages have no licence file: this is the repository's. */
const ONNX_RUNTIME = `MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH
THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** What our own files contain: the page's modules, those of the workflows' bundle, and ONNX Runtime, which the packed command brings. */
function insideOf({ parts, direct }) {
  const inside = new Set();
  const take = (id) => {
    if (inside.has(id)) return;
    inside.add(id);
    parts.get(id).needs.forEach(take);
  };
  for (const folder of ['contract', 'core', 'ui']) direct.get(folder).forEach(take);
  direct
    .get('orchestrator')
    .filter((id) => id.startsWith('@temporalio/workflow@'))
    .forEach(take);
  for (const id of direct.get('backbone')) if (id.startsWith('onnxruntime-node@')) inside.add(id);
  return [...inside].sort().map((id) => parts.get(id));
}

/** The bill of materials, the report, and all packages by `name@version`. */
export function documents() {
  const { version } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8'));
  const all = thirdParty();
  const first = [...new Set([...all.direct.values()].flat())].sort();
  return { parts: all.parts, bill: billOf(all.parts, first, version), report: reportOf(all.parts, insideOf(all)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { bill, report, parts } = documents();
  const out = join(root, 'out');
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 1)}\n`);
  writeFileSync(join(out, 'THIRD_PARTY.md'), report);
  const wrong = [...parts.values()].filter((part) => !isFine(part));
  console.log(`out/sbom.cdx.json, out/THIRD_PARTY.md: ${parts.size} packages`);
  for (const { name, version, licence } of wrong)
    console.error(`${name} ${version}: ${licence}; expected an allowed licence`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
