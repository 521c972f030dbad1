/** A campaign's instructions as rendered Markdown; as plain text until the renderer loads, or if it cannot. */
import { lazy, Suspense } from 'react';

const AsWritten = ({ text }: { text: string }) => <p className="as-written">{text}</p>;

// Loaded separately, because most pages show none. Offline at first use, annotators read the plain text.
const Markdown = lazy(() => import('./markdown.tsx').catch(() => ({ default: AsWritten })));

export const InstructionsText = ({ text }: { text: string }) => (
  <div className="markdown">
    <Suspense fallback={<AsWritten text={text} />}>
      <Markdown text={text} />
    </Suspense>
  </div>
);
