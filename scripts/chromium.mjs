// A Chromium for tests and measurements: an installed one, else Debian's, which one command installs.
import { findBrowser } from './browsers.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const elsewhere = ['/usr/bin/chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** @returns its path, or undefined if there is none and none can be installed */
export const chromium = () =>
  process.env.SALTWORKS_CHROMIUM ?? findBrowser({ called: 'Chromium', names, elsewhere, from: 'chromium' });

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
