// npm run pack: all packages as `out/saltworks-NAME-VERSION.tgz`. That of the command brings what no registry has, so that it installs alone.
// Beside them the client for Python, as a wheel.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from './setup.mjs';
import { documents } from './third-party.mjs';

/** Where ONNX Runtime's CPU library, Temporal's bridge and Temporal's server all exist. */
const PLATFORMS = ['linux/x64', 'linux/arm64', 'darwin/arm64'];

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** @returns the path of the command's tarball @param out folder */
export function pack(out) {
  mkdirSync(out, { recursive: true });
  run('pnpm', ['--recursive', '--filter=./packages/*', 'pack', '--pack-destination', out], { quiet: true });
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-pack-'));
  try {
    const stage = join(scratch, 'package');
    const tarball = (name, version) => join(out, `saltworks-${name}-${version}.tgz`);
    unpack(tarball('cli', manifestOf(join(root, 'packages/cli')).version), stage);
    const manifest = manifestOf(stage);
    const ours = Object.keys(manifest.dependencies).filter((name) => name.startsWith('@saltworks/'));
    for (const name of ours) {
      const folder = join(stage, 'node_modules', name);
      unpack(tarball(name.slice('@saltworks/'.length), manifest.version), folder);
      // The page is built: what it is made from is inside.
      if (name !== '@saltworks/ui') merge(manifest.dependencies, manifestOf(folder).dependencies);
      bundled(folder);
    }
    const ort = bringOrt(join(stage, 'node_modules'));
    merge(manifest.dependencies, { 'onnxruntime-common': ort['onnxruntime-common'] });
    manifest.dependencies = Object.fromEntries(Object.entries(manifest.dependencies).sort());
    manifest.bundleDependencies = [...ours, 'onnxruntime-node'];
    manifest.os = [...new Set(PLATFORMS.map((each) => each.split('/')[0]))];
    manifest.files.push('THIRD_PARTY.md');
    delete manifest.scripts;
    writeFileSync(join(stage, 'THIRD_PARTY.md'), documents().report);
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    run('pnpm', ['--dir', stage, '--config.node-linker=hoisted', 'pack', '--pack-destination', out], { quiet: true });
    return tarball('cli', manifest.version);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** @returns the path of the wheel of the client for Python @param out folder */
export function packWheel(out) {
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-wheel-'));
  try {
    const pip = ['-m', 'pip', 'wheel', '--quiet', '--disable-pip-version-check', '--no-deps', '--wheel-dir', scratch];
    run(process.env.SALTWORKS_PYTHON ?? 'python3', [...pip, join(root, 'python')], { quiet: true });
    const [name] = readdirSync(scratch);
    mkdirSync(out, { recursive: true });
    cpSync(join(scratch, name), join(out, name));
    return join(out, name);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function unpack(tarball, folder) {
  mkdirSync(folder, { recursive: true });
  run('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder]);
}

/** @throws Error where two packages want different versions */
function merge(into, dependencies = {}) {
  for (const [name, version] of Object.entries(dependencies)) {
    if ((into[name] ?? version) !== version)
      throw new Error(`${name} ${version} and ${into[name]}; expected one version`);
    into[name] = version;
  }
}

/** All that a bundled package needs is a dependency of the command itself, where npm, pnpm and yarn alike install it. */
function bundled(folder) {
  const { dependencies, devDependencies, scripts, ...manifest } = manifestOf(folder);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * ONNX Runtime as its package has it, for the CPU, without the script that downloads CUDA libraries after every install on Linux:
 * an install fails where that script fails.
 * @returns its dependencies
 */
function bringOrt(modules) {
  const require = createRequire(join(root, 'packages/backbone/package.json'));
  const source = dirname(dirname(require.resolve('onnxruntime-node')));
  const folder = join(modules, 'onnxruntime-node');
  const { dependencies } = manifestOf(source);
  for (const part of ['package.json', 'README.md', 'dist'])
    cpSync(join(source, part), join(folder, part), { recursive: true });
  for (const platform of PLATFORMS) {
    const binaries = join(source, 'bin/napi-v6', platform);
    for (const file of readdirSync(binaries)) {
      // CUDA libraries, and the same library under its full version.
      if (/providers|\.\d+\.\d+\.\d+\./.test(file)) continue;
      cpSync(join(binaries, file), join(folder, 'bin/napi-v6', platform, file));
    }
  }
  bundled(folder);
  return dependencies;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Not what earlier builds left there.
  for (const name of readdirSync(join(root, 'packages'))) {
    rmSync(join(root, 'packages', name, 'dist'), { recursive: true, force: true });
  }
  run('turbo', ['run', 'build', '--output-logs=errors-only'], { quiet: true });
  const tarball = pack(join(root, 'out'));
  console.log(`${tarball}: ${(statSync(tarball).size / 1e6).toFixed(1)} MB`);
  console.log(packWheel(join(root, 'out')));
}
