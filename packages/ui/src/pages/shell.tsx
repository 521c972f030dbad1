/** The frame of every management page: navigation, account, shortcuts. */
import { useEffect, useState } from 'react';
import { ShortcutSheet } from '../annotate/shortcut-sheet.tsx';
import { type Shortcut, useShortcuts } from '../annotate/shortcuts.ts';
import { Brand } from '../brand.tsx';
import { mayIn, signOut, useMe } from './me.ts';
import { StorageNotice } from './storage-notice.tsx';

interface Props {
  title: string;
  /** Shown beside the title. */
  aside?: React.ReactNode;
  tabs?: Tab[];
  shortcuts?: Shortcut[];
  /** Uses the window's full width. */
  wide?: boolean;
  children: React.ReactNode;
}

export interface Tab {
  name: string;
  href: string;
  /** Shown beside its name. */
  badge?: React.ReactNode;
  /** Pages below its address belong to it. */
  within?: boolean;
}

export function Shell({ title, aside, tabs = [], shortcuts = [], wide, children }: Props) {
  const { value: me } = useMe();
  const [sheet, setSheet] = useState(false);
  const datasets = me?.role === 'admin' || me?.campaigns.some(({ id }) => mayIn(me, id, 'reviewer'));
  const manages = me?.role === 'admin' || me?.campaigns.some(({ id }) => mayIn(me, id, 'manager'));
  const go = (href: string) => () => location.assign(href);
  const keys: Shortcut[] = [
    ...shortcuts,
    ...tabs.slice(0, 9).map(({ name, href }, i) => ({
      keys: [String(i + 1)],
      show: String(i + 1),
      label: `go to ${name}`,
      run: go(href),
    })),
    { keys: ['h'], show: 'H', label: 'campaigns', run: go('/') },
    { keys: ['w'], show: 'W', label: 'my work', run: go('/work') },
    ...(datasets ? [{ keys: ['d'], show: 'D', label: 'datasets', run: go('/datasets') }] : []),
    ...(manages ? [{ keys: ['b'], show: 'B', label: 'backbones', run: go('/backbones') }] : []),
    ...(manages ? [{ keys: ['c'], show: 'C', label: 'schedules', run: go('/schedules') }] : []),
    { keys: ['u'], show: 'U', label: 'account', run: go('/account') },
    { keys: ['?', 'shift+?'], show: '?', label: 'this sheet', run: () => setSheet(true) },
  ];
  useShortcuts(keys);
  useEffect(() => {
    document.title = `${title} · Saltworks`;
  }, [title]);
  const here = (href: string, within = false) =>
    location.pathname === href || (within && location.pathname.startsWith(`${href}/`)) ? 'page' : undefined;
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className={wide ? 'bar site wide' : 'bar site'}>
        <Brand />
        <nav className="ways" aria-label="Site">
          <a href="/" aria-current={here('/')}>
            Campaigns
          </a>
          <a href="/work" aria-current={here('/work')}>
            My work
          </a>
          {datasets && (
            <a href="/datasets" aria-current={here('/datasets')}>
              Datasets
            </a>
          )}
          {manages && (
            <a href="/backbones" aria-current={here('/backbones')}>
              Backbones
            </a>
          )}
          {manages && (
            <a href="/schedules" aria-current={here('/schedules')}>
              Schedules
            </a>
          )}
        </nav>
        <span className="space" />
        {me && (
          <a href="/account" className="who" aria-current={here('/account')}>
            {me.name}
          </a>
        )}
        <button type="button" className="quiet" onClick={() => setSheet(true)} aria-label="Keyboard shortcuts">
          <kbd>?</kbd>
        </button>
        {me && (
          <button type="button" className="sign-out" onClick={signOut}>
            Sign out
          </button>
        )}
      </header>
      <main id="content" className={wide ? 'page wide' : 'page'} tabIndex={-1}>
        {manages && <StorageNotice />}
        <div className="page-head">
          <h1>{title}</h1>
          {aside}
        </div>
        {tabs.length > 0 && (
          <nav className="tabs ways" aria-label={title}>
            {tabs.map(({ name, href, badge, within }) => (
              <a key={href} href={href} aria-current={here(href, within)}>
                {name}
                {badge}
              </a>
            ))}
          </nav>
        )}
        {children}
      </main>
      {sheet && <ShortcutSheet shortcuts={keys} close={() => setSheet(false)} />}
    </>
  );
}
