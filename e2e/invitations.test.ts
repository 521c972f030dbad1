// A lasting invitation: made by the page and by the command, followed by several people in browsers of their own, revoked.
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCampaign, startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from '../scripts/chromium.mjs';
import { serious, tooWide } from './axe.ts';
import { root } from './saltworks.ts';

const path = chromium();
const id = 'cups';
const password = 'correct horse battery';

describe.skipIf(!path)(`invitations${path ? '' : ' (skipped: no Chromium)'}`, () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  let browser: Browser;
  let manager: Page;
  beforeAll(async () => {
    stack = await startStack();
    const images = mkdtempSync(join(tmpdir(), 'saltworks-invitations-'));
    copyFileSync(join(root, 'examples/images/coffee.jpg'), join(images, 'coffee.jpg'));
    await openCampaign(stack, { id, images });
    browser = await launch(path);
    manager = await (await browser.newContext({ viewport: { width: 1200, height: 900 } })).newPage();
    await signInBy(manager, stack.run('account', 'link').trim());
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const rows = () =>
    manager.getByRole('table', { name: 'Invitations to the campaign' }).locator('tbody tr').allTextContents();
  /** A person's own browser, on the link's page. */
  const follow = async (link: string): Promise<Page> => {
    const page = await (await browser.newContext({ viewport: { width: 390, height: 800 } })).newPage();
    await page.goto(link);
    return page;
  };
  const fillIn = async (page: Page, name: string, email: string) => {
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Join' }).click();
  };

  test('a link made on the page lets two people in, each with a name and a session', async () => {
    await manager.goto(`${stack.url}/campaigns/${id}/people`);
    await manager.getByLabel('Invitation for').fill('Autumn course');
    await manager.getByLabel('People at most').fill('2');
    await manager.getByLabel('Days it lasts').fill('7');
    await manager.getByRole('button', { name: 'Make a link to share' }).click();
    const link = await manager.getByLabel('Invitation for Autumn course').inputValue();
    await expect.poll(rows).toEqual([expect.stringMatching(/^Autumn courseannotator2 of 2.*Administrator/)]);
    for (const name of ['Ann', 'Bob']) {
      const page = await follow(link);
      expect(await serious(page)).toEqual([]);
      expect(await tooWide(page)).toBe(0);
      await fillIn(page, name, `${name.toLowerCase()}@example.org`);
      await page.waitForURL(`**/campaigns/${id}`);
      await page.getByRole('link', { name: 'Annotate' }).first().waitFor();
      const me = await page.evaluate(async () => (await fetch('/api/me')).json());
      expect(me).toMatchObject({ name, campaigns: [{ id, role: 'annotator' }] });
      await page.context().close();
    }
    const late = await follow(link);
    expect(await late.getByRole('alert').textContent()).toContain('used by as many people as it was made for');
    expect(await serious(late)).toEqual([]);
    await late.context().close();
    // Once the page is left, the link is shown nowhere.
    await manager.reload();
    await expect.poll(rows).toEqual([expect.stringMatching(/^Autumn courseannotator0 of 2.*spent$/)]);
    expect(await manager.content()).not.toContain(link.slice(link.indexOf('=') + 1));
    await manager.getByLabel('Role of Bob').waitFor();
  });

  test('who has an account signs in first, and joins as they are', async () => {
    const link = stack.run('campaign', 'invite', id, '--name', 'Reviewers', '--role', 'reviewer', '--uses', '3').trim();
    const page = await follow(link);
    await fillIn(page, 'Ann', 'ann@example.org');
    await page.getByRole('alert').getByText('has an account here').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('Ann');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('E-mail').fill('ann@example.org');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL((url) => url.pathname === '/');
    await page.goto(link);
    await page.getByText('You are signed in as').waitFor();
    await page.getByRole('button', { name: 'Join' }).click();
    await page.waitForURL(`**/campaigns/${id}`);
    const members = stack.run('campaign', 'members', id);
    expect(members).toMatch(/ann@example\.org +reviewer +Ann/);
    await page.context().close();
  });

  test('a revoked link answers with one line, on the page and by the command', async () => {
    await manager.reload();
    await manager.getByRole('button', { name: 'Revoke Reviewers' }).click();
    await manager.getByRole('button', { name: 'Really revoke? Reviewers' }).click();
    await expect.poll(async () => (await rows())[0]).toMatch(/^Reviewersreviewer2 of 3.*revoked$/);
    const { link, id: invitation } = JSON.parse(stack.run('campaign', 'invite', id, '--name', 'x', '--json'));
    expect(stack.run('campaign', 'invitations', id)).toMatch(new RegExp(`${invitation} +open +annotator +10 of 10`));
    expect(stack.run('campaign', 'uninvite', id, invitation)).toBe(`revoked: ${invitation}\n`);
    const page = await follow(link);
    expect(await page.getByRole('alert').textContent()).toBe(
      'This invitation was revoked. Ask whoever gave it to you for a new one.',
    );
    await page.context().close();
    expect(() => stack.run('campaign', 'invite', id, '--name', 'x', '--days', '400')).toThrow(/--days 400; expected/);
    expect(() => stack.run('campaign', 'uninvite', id, 'none')).toThrow(/no such invitation/);
  });
});
