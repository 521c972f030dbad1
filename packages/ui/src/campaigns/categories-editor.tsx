/** The editor of a new campaign's categories: typed or pasted, coloured, ordered. */
import { AddClasses } from './add-classes.tsx';
import { addCategories, type CategoryDraft, moved, palette } from './categories.ts';

interface Props {
  categories: CategoryDraft[];
  change(categories: CategoryDraft[]): void;
}

export function CategoriesEditor({ categories, change }: Props) {
  const set = (at: number, changes: Partial<CategoryDraft>) =>
    change(categories.map((category, i) => (i === at ? { ...category, ...changes } : category)));
  return (
    <div className="categories">
      <AddClasses add={(text) => change(addCategories(categories, text))} />
      <p className="hint">
        One, or a list to paste. Things are counted one by one; stuff, like sky or grass, is one region.
      </p>
      <datalist id="palette">
        {palette.map((colour) => (
          <option key={colour} value={colour} />
        ))}
      </datalist>
      <ol>
        {categories.map((category, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a category is its place in the list until the campaign exists
          <li key={i}>
            <input
              type="color"
              list="palette"
              value={category.colour}
              aria-label={`Colour of ${category.name}`}
              onChange={(event) => set(i, { colour: event.target.value })}
            />
            <input
              value={category.name}
              required
              maxLength={100}
              aria-label={`Name of class ${i + 1}`}
              onChange={(event) => set(i, { name: event.target.value })}
            />
            <select
              value={category.isthing ? 'thing' : 'stuff'}
              aria-label={`Kind of ${category.name}`}
              onChange={(event) => set(i, { isthing: event.target.value === 'thing' })}
            >
              <option value="thing">Thing</option>
              <option value="stuff">Stuff</option>
            </select>
            <span className="buttons">
              <button
                type="button"
                className="quiet"
                disabled={i === 0}
                aria-label={`Move ${category.name} up`}
                onClick={() => change(moved(categories, i, i - 1))}
              >
                ↑
              </button>
              <button
                type="button"
                className="quiet"
                disabled={i === categories.length - 1}
                aria-label={`Move ${category.name} down`}
                onClick={() => change(moved(categories, i, i + 1))}
              >
                ↓
              </button>
              <button
                type="button"
                className="quiet"
                aria-label={`Remove ${category.name}`}
                onClick={() => change(categories.filter((_, other) => other !== i))}
              >
                ×
              </button>
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
