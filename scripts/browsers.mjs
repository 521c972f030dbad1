// Browsers of this machine, which Debian installs where there is none.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @param {{called: string, names: string[], elsewhere: string[], from: string}} browser names: of commands; elsewhere: paths; from: Debian's package
 * @returns {string | undefined} its path, or undefined if there is none and none can be installed
 */
export function findBrowser({ called, names, elsewhere, from }) {
  const find = () =>
    [
      ...(process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
      ...elsewhere,
    ].find(isExecutable);
  return find() ?? (install(called, from) ? find() : undefined);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** On Debian only: elsewhere the package of that name is a different thing, or missing. */
function install(called, from) {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (process.getuid?.() !== 0 || !/^ID=debian$/m.test(release)) return false;
  console.error(`installing ${called} …`);
  const apt = (...args) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    return spawnSync('apt-get', ['-qq', ...args], { env, stdio: 'ignore', timeout: 600_000 }).status === 0;
  };
  const get = () => apt('install', '-y', '--no-install-recommends', from);
  return get() || (apt('update') && get());
}
