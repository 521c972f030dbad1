/** A button for a step that cannot be undone: the first press asks, the second acts. */
import { useState } from 'react';

interface Props {
  /** The button's text; a question mark follows it after the first press. */
  label: string;
  /** The object of the step, for screen readers. */
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
