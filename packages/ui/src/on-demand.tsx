/** Pages whose scripts load when someone first opens them, so that annotators fetch none of the managers' pages. */
import { type ComponentType, lazy, Suspense } from 'react';
import { Failed, Loading } from './states.tsx';

const reload = () => location.reload();

/** @param load imports the page; its failure (offline, or a newer version is served) is shown with a way to reload */
export function onDemand<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  const Page = lazy(async () => ({ default: await load().catch(() => Unloaded) }));
  return (props: Props) => (
    <Suspense fallback={<Loading what="the page" />}>
      <Page {...props} />
    </Suspense>
  );
}

const Unloaded = () => (
  <Failed error={new Error('The page did not load: the server is out of reach, or it was updated')} again={reload} />
);
