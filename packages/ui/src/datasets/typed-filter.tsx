/** Filters that are typed or picked, beside those that are chosen from a list. All are kept in the address. */
import { useSearchParams } from 'wouter';
import { useFields } from './filters.tsx';

/** The names in the query of filters that every list of images has. */
export const typed = ['name', 'tag', 'annotator', 'since', 'until'] as const;

/** Sets a field of the address, or takes it out. */
export function useField(field: string): [value: string, set: (value: string) => void] {
  const [params, set] = useFields();
  return [params.get(field) ?? '', (value) => set(field, value)];
}

interface Props {
  name: string;
  label: string;
  /** Values to pick from, which may be typed, too. */
  known?: readonly string[];
  /** What people call a value, where that is not itself: they see and type this. */
  nameOf?(value: string): string;
}

export function TextFilter({ name: field, label, known, nameOf = (value) => value }: Props) {
  const [current, set] = useField(field);
  const shown = nameOf(current);
  const choose = (text: string) => {
    const name = text.trim();
    if (name !== shown) set(known?.find((value) => nameOf(value) === name) ?? name);
  };
  const list = known && known.length > 0 ? `known-${field}` : undefined;
  return (
    <label>
      {label}
      <input
        key={shown}
        type="search"
        defaultValue={shown}
        placeholder="any"
        maxLength={100}
        list={list}
        onBlur={(event) => choose(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && choose(event.currentTarget.value)}
      />
      {list && (
        <datalist id={list}>
          {known?.map((value) => (
            <option key={value} value={nameOf(value)} />
          ))}
        </datalist>
      )}
    </label>
  );
}

/** A day of UTC. */
export function DayFilter({ name: field, label }: { name: string; label: string }) {
  const [current, choose] = useField(field);
  return (
    <label>
      {label}
      <input
        type="date"
        value={current}
        min="1971-01-01"
        max="9999-12-31"
        onChange={(event) => choose(event.target.value)}
      />
    </label>
  );
}

/** Who worked on images: members of campaigns. */
export function AnnotatorFilter({ people }: { people: readonly { user: string; name: string }[] }) {
  const [current, choose] = useField('annotator');
  if (people.length === 0 && current === '') return null;
  const known = people.some(({ user }) => user === current) || current === '';
  return (
    <label>
      Annotator
      <select value={current} onChange={(event) => choose(event.target.value)}>
        <option value="">any</option>
        {!known && <option value={current}>{current}</option>}
        {people.map(({ user, name }) => (
          <option key={user} value={user}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Takes all filters out of the address. @param names of the filters that are set */
export function ClearFilters({ names }: { names: readonly string[] }) {
  const [, setParams] = useSearchParams();
  if (names.length === 0) return null;
  const clear = () =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        for (const name of names) next.delete(name);
        return next;
      },
      { replace: true },
    );
  return (
    <button type="button" onClick={clear}>
      Clear filters
    </button>
  );
}
