/** Pictures that lie in a place of the server's, beside those that a browser sends. */
import { getPlaces, postPlacesImport } from '@saltworks/contract/api/places';
import type { UploadLabels } from '@saltworks/contract/api/uploads';
import { useState } from 'react';
import { ask } from '../../api.ts';
import { useAttempt } from '../../attempt.ts';
import { Field } from '../../field.tsx';
import { useLoaded } from '../../load.ts';

interface Props {
  /** The dataset that the pictures join; empty while it has no name. */
  dataset: string;
  labels: UploadLabels;
  /** Called once the import has begun. */
  started(): void;
}

/** Nothing where nobody allows any place. */
export function Places({ dataset, labels, started }: Props) {
  const places = useLoaded(getPlaces, {}).value ?? [];
  const [chosen, setChosen] = useState<string>();
  const [path, setPath] = useState('');
  const { failure, attempt } = useAttempt(started);
  const place = chosen ?? places[0]?.name;
  if (place === undefined) return null;
  const start = (event: React.FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      if (dataset === '') throw new Error('The dataset needs a name first.');
      const below = path.trim().replace(/^\/+|\/+$/g, '');
      await ask(postPlacesImport, { body: { place, path: below, dataset, labels } });
    });
  };
  return (
    <form onSubmit={start}>
      <div className="fields">
        <Field label="Or a place of the server" hint={places.find(({ name }) => name === place)?.at}>
          <select value={place} onChange={(event) => setChosen(event.target.value)}>
            {places.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
        <Field label="Folder below it" hint="Empty: all of it. Only what is new or changed is read.">
          <input value={path} onChange={(event) => setPath(event.target.value)} autoComplete="off" maxLength={1000} />
        </Field>
      </div>
      <p>
        <button type="submit">Import</button>
      </p>
      <p role="alert" className="failure">
        {failure}
      </p>
    </form>
  );
}
