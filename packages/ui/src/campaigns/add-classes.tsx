/** A field that takes classes by their names: one, or a list to paste. */
import { useState } from 'react';

/** @param add takes what was typed or pasted, as `addCategories` reads it */
export function AddClasses({ add }: { add(text: string): void }) {
  const [text, setText] = useState('');
  const take = (given: string) => {
    add(given);
    setText('');
  };
  return (
    <div className="add">
      <label>
        Add classes
        <input
          value={text}
          placeholder="cat, dog, sky:stuff"
          onChange={(event) => setText(event.target.value)}
          onPaste={(event) => {
            // A one-line field would drop the line breaks that separate classes.
            const pasted = event.clipboardData.getData('text');
            if (!/[,;\n]/.test(pasted)) return;
            event.preventDefault();
            take(`${text},${pasted}`);
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            take(text);
          }}
        />
      </label>
      <button type="button" onClick={() => take(text)} disabled={text.trim() === ''}>
        Add
      </button>
    </div>
  );
}
