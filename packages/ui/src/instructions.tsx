/** What annotators are told, rendered; as it was written until that can be done, and where it cannot. */
import { lazy, Suspense } from 'react';

const AsWritten = ({ text }: { text: string }) => <p className="as-written">{text}</p>;

// Apart, because most pages show none. Who is offline when they first ask reads it as it was written.
const Markdown = lazy(() => import('./markdown.tsx').catch(() => ({ default: AsWritten })));

export const InstructionsText = ({ text }: { text: string }) => (
  <div className="markdown">
    <Suspense fallback={<AsWritten text={text} />}>
      <Markdown text={text} />
    </Suspense>
  </div>
);
