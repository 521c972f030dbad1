// A Chromium for tests and measurements: an installed one, else Debian's, which one command installs.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const elsewhere = ['/usr/bin/chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** @returns its path, or undefined if there is none and none can be installed */
export function chromium() {
  const given = process.env.SALTWORKS_CHROMIUM;
  if (given) return given;
  const find = () =>
    [
      ...(process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
      ...elsewhere,
    ].find(isExecutable);
  return find() ?? (install() ? find() : undefined);
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
function install() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (process.getuid?.() !== 0 || !/^ID=debian$/m.test(release)) return false;
  console.error('installing Chromium …');
  const apt = (...args) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    return spawnSync('apt-get', ['-qq', ...args], { env, stdio: 'ignore', timeout: 600_000 }).status === 0;
  };
  const get = () => apt('install', '-y', '--no-install-recommends', 'chromium');
  return get() || (apt('update') && get());
}

/** Opens it without a window. It runs as any user, root in a container included, and sends no requests of its own. */
export async function launch(executablePath) {
  const { chromium: driver } = await import('playwright-core');
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-domain-reliability',
    '--disable-sync',
    '--disable-features=OptimizationHints,MediaRouter,Translate',
    '--metrics-recording-only',
    '--no-first-run',
    '--no-default-browser-check',
    '--no-pings',
  ];
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', ...quiet];
  return await driver.launch({ executablePath, args, headless: true });
}

/** Opens a sign-in link in a page and presses its button. */
export async function signInBy(page, link) {
  await page.goto(link);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname === '/');
}
