// Removes what an image never runs from a tree of packages: binaries of other machines, and what better-auth names as
// optional peers of its tests and of other pages.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [, , root] = process.argv;
const { platform, arch } = process;
const store = join(root, 'node_modules', '.pnpm');
const packages = readdirSync(store);

/** Removes the entries of a folder within the one package of that name, but for those to keep. */
function keepOnly(name, folder, keep) {
  const stored = packages.find((each) => each.startsWith(`${name.replace('/', '+')}@`));
  const path = join(store, stored, 'node_modules', name, folder);
  const entries = readdirSync(path);
  if (!entries.some(keep))
    throw new Error(`${path} holds ${entries.join(', ')}; expected something for ${platform} ${arch}`);
  for (const each of entries) if (!keep(each)) rmSync(join(path, each), { recursive: true });
}

keepOnly('onnxruntime-node', 'bin/napi-v6', (name) => name === platform);
keepOnly('onnxruntime-node', join('bin/napi-v6', platform), (name) => name === arch);
const cpu = { x64: 'x86_64', arm64: 'aarch64' }[arch];
keepOnly('@temporalio/core-bridge', 'releases', (name) => name.startsWith(`${cpu}-`) && name.includes(platform));

const peers = /^(@vitest\+|vitest@|vite@|@rolldown\+|rolldown@|lightningcss|react@|react-dom@)/;
for (const each of packages) if (peers.test(each)) rmSync(join(store, each), { recursive: true });
