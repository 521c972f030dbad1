/** Which images: all, or those that a saved filter finds now. */
import { getFilters } from '@saltworks/contract/api/filters';
import { Field } from '../field.tsx';
import { useLoaded } from '../load.ts';

interface Props {
  /** `campaign:ID` or `dataset:NAME`. */
  subject: string;
  /** The filter's name; empty: all. */
  chosen: string;
  choose(filter: string): void;
  hint?: string;
}

export function FilterChoice({ subject, chosen, choose, hint }: Props) {
  const filters = useLoaded(getFilters, { params: { subject } }).value ?? [];
  const gone = chosen !== '' && !filters.some(({ name }) => name === chosen);
  return (
    <Field label="Images" hint={hint}>
      <select value={chosen} onChange={(event) => choose(event.target.value)}>
        <option value="">all</option>
        {gone && <option value={chosen}>{chosen}</option>}
        {filters.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}
