/** A value that is shown once: a sign-in link, an API key. */
import { useState } from 'react';

export function Secret({ name, value, children }: { name: string; value: string; children: React.ReactNode }) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard?.writeText(value).then(
      () => setCopied(true),
      () => {},
    );
  return (
    <div className="secret">
      <p>{children}</p>
      <div className="add">
        <input readOnly value={value} aria-label={name} onFocus={(event) => event.target.select()} />
        <button type="button" onClick={copy}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
    </div>
  );
}
