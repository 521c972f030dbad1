// A home that BEFORE made, opened by both checkouts: both must give the same answers, then draw on in it and export alike.
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { filesBelow, openCheckout } from './checkout.mjs';
import { Placeholders } from './placeholders.mjs';
import { Player } from './player.mjs';
import { keepFiles, recorded } from './session.mjs';

const later = JSON.parse(readFileSync(new URL('home.json', import.meta.url), 'utf8'));

/**
 * @param made the checkout whose home is opened; its stack has stopped
 * @param player the player of its session
 * @param roots of both checkouts
 * @returns the observations of each
 */
export function openHomes({ scratch: made }, player, roots, folder) {
  return Promise.all(
    roots.map(async (root, i) => {
      const scratch = join(folder, `home-${i}`);
      mkdirSync(scratch);
      cpSync(made, scratch, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
      for (const part of ['models', 'tools', 'stack.json']) rmSync(join(scratch, 'home', part), { force: true });
      return openHome(openCheckout(resolve(root), scratch), player);
    }),
  );
}

async function openHome(checkout, player) {
  await checkout.up();
  try {
    const literals = [
      [checkout.url, '<url>'],
      [new URL(checkout.url).host, '<host>'],
    ];
    const reading = new Player(checkout, { from: player, placeholders: new Placeholders(literals, { kept: true }) });
    for (const { as, ask, headers } of recorded) if (ask && isLasting(ask)) await reading.step({ as, ask, headers });
    for (const what of ['effort', 'agreement', 'consensus']) await reading.step({ run: ['campaign', what, 'people'] });
    const drawing = new Player(checkout, { from: player });
    const seen = new Map([...reading.seen].map(([name, text]) => [`as it was: ${name}`, text]));
    for (const [name, text] of await drawing.play(later)) seen.set(`drawn on: ${name}`, text);
    for (const out of ['later', 'later-masks']) keepFiles(seen, checkout, out);
    for (const [key, content] of filesBelow(join(checkout.home, 'objects'), checkout.placeholders))
      seen.set(`object ${key}`, content);
    seen.set('exit code', String(await checkout.down()));
    return seen;
  } finally {
    await checkout.down();
  }
}

/**
 * Whether a request reads something that does not change with time. The pace and the last use of keys do; and a starting
 * stack makes a sign-in link, which the audit trail records.
 */
const isLasting = (ask) =>
  ask.startsWith('GET /api/') && !/\/pace|\/me\/keys|\/auth\/|\/audit$|\/audit\/verify/.test(ask);
