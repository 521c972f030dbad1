import { Shell } from './shell.tsx';

export const NowherePage = () => (
  <Shell title="No such page">
    <p>Nothing is at this address. What you look for may have been renamed, or the link was cut short.</p>
    <p>
      <a className="button" href="/">
        All campaigns
      </a>
    </p>
  </Shell>
);
