/** A button for what cannot be taken back: pressed once it asks, twice it does. */
import { useState } from 'react';

interface Props {
  /** On the button, then followed by a question mark. */
  label: string;
  /** What it is done to, for those who cannot see what it stands beside. */
  what: string;
  act(): void;
}

export function AskTwice({ label, what, act }: Props) {
  const [asked, setAsked] = useState(false);
  const text = asked ? `Really ${label.toLowerCase()}?` : label;
  return (
    <button
      type="button"
      className={asked ? undefined : 'quiet'}
      aria-label={`${text} ${what}`}
      onClick={() => {
        if (asked) act();
        setAsked(!asked);
      }}
      onBlur={() => setAsked(false)}
    >
      {text}
    </button>
  );
}
