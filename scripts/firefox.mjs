// A Firefox for tests, an installed one or Debian's. Playwright drives none but its own; Puppeteer drives any, by WebDriver BiDi.
import { findBrowser } from './browsers.mjs';

const names = ['firefox', 'firefox-esr'];
const elsewhere = ['/Applications/Firefox.app/Contents/MacOS/firefox'];

/** @returns its path, or undefined if there is none and none can be installed */
export const firefox = () =>
  process.env.SALTWORKS_FIREFOX ?? findBrowser({ called: 'Firefox', names, elsewhere, from: 'firefox-esr' });

/** Opens it without a window. */
export async function launchFirefox(executablePath) {
  const { default: puppeteer } = await import('puppeteer-core');
  return await puppeteer.launch({ browser: 'firefox', executablePath, headless: true });
}
