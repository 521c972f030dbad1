/** Filters of a list of images, kept in the address so that it can be shared. */
import { useSearchParams } from 'wouter';

export interface Filter {
  /** The name in the query. */
  name: string;
  label: string;
  /** Values and their texts; the first is the default and stays out of the address. */
  choices: readonly (readonly [value: string, name: string])[];
}

/** Choices of the least uncertainty, the same on every page. */
export const uncertainty: Filter = {
  name: 'uncertain',
  label: 'Uncertainty',
  choices: [
    ['', 'any'],
    ['0.05', 'from 0.05'],
    ['0.1', 'from 0.1'],
    ['0.2', 'from 0.2'],
    ['0.3', 'from 0.3'],
    ['0.5', 'from 0.5'],
  ],
};

/** The chosen filters as a query; unknown names and values are dropped. */
export function queryOf(filters: readonly Filter[], params: URLSearchParams): URLSearchParams {
  const query = new URLSearchParams();
  for (const { name, choices } of filters) {
    const value = params.get(name);
    if (value && choices.some(([known]) => known === value)) query.set(name, value);
  }
  return query;
}

/** The fields of the address, and what sets one of them; an empty one goes. */
export function useFields(): [params: URLSearchParams, set: (name: string, value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = (name: string, value: string) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        if (value === '') next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return [params, set];
}

export function Filters({ filters, children }: { filters: readonly Filter[]; children?: React.ReactNode }) {
  const [params, set] = useFields();
  return (
    <search className="filters">
      {filters.map(({ name, label, choices }) => (
        <label key={name}>
          {label}
          <select value={params.get(name) ?? ''} onChange={(event) => set(name, event.target.value)}>
            {choices.map(([value, called]) => (
              <option key={value} value={value}>
                {called}
              </option>
            ))}
          </select>
        </label>
      ))}
      {children}
    </search>
  );
}

export const focusFilters = (): void => document.querySelector<HTMLElement>('.filters select')?.focus();
