/** The choice of keys: a backbone, and behind "Keys in detail" what is taken from it. */
import type { BackboneInfo } from '@saltworks/contract/api/backbones';
import { codecPattern, facets } from '@saltworks/contract/kinds';
import { useId } from 'react';
import { Field } from '../field.tsx';
import type { KeysDraft } from './draft.ts';

interface Props {
  /** Undefined until they are loaded. */
  backbones: readonly BackboneInfo[] | undefined;
  draft: KeysDraft;
  change(changes: Partial<KeysDraft>): void;
}

export function KeysFields({ backbones, draft, change }: Props) {
  const codecs = useId();
  const chosen = backbones?.find(({ name }) => name === draft.backbone);
  const last = chosen ? `the last, ${chosen.layers - 1}` : 'the last';
  const text = (field: 'layer' | 'longSide' | 'codec') => ({
    value: draft[field],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => change({ [field]: event.target.value }),
  });
  return (
    <>
      <Field label="Backbone">
        <select required value={draft.backbone} onChange={(event) => change({ backbone: event.target.value })}>
          {!chosen && <option>{draft.backbone}</option>}
          {backbones?.map(({ name, own }) => (
            <option key={name} value={name}>
              {own ? `${name} (added)` : name}
            </option>
          ))}
        </select>
      </Field>
      <details className="more">
        <summary>Keys in detail</summary>
        <div className="fields">
          <Field label="Layer" hint={`From 0. Left empty: ${chosen?.layer ?? last}.`}>
            <input type="number" min={0} max={chosen ? chosen.layers - 1 : 999} {...text('layer')} />
          </Field>
          <Field label="Facet" hint="What of the attention serves as keys.">
            <select
              value={draft.facet}
              onChange={(event) => change({ facet: event.target.value as KeysDraft['facet'] })}
            >
              <option value="">{`the backbone’s own: ${chosen?.facet ?? 'key'}`}</option>
              {facets.map((facet) => (
                <option key={facet}>{facet}</option>
              ))}
            </select>
          </Field>
          <Field
            label="Longer side, pixels"
            hint={`As the backbone sees images. Left empty: ${chosen?.longSide ?? 'its own'}.`}
          >
            <input type="number" min={1} max={16_384} {...text('longSide')} />
          </Field>
          <Field label="Kept as" hint="float16, int8, or pca-N: the smaller, the coarser. Left empty: float16.">
            <input
              pattern={codecPattern.source}
              title="float16, int8 or pca-N, N from 1 to 999"
              list={codecs}
              {...text('codec')}
            />
          </Field>
          <datalist id={codecs}>
            {['float16', 'int8', 'pca-64'].map((codec) => (
              <option key={codec}>{codec}</option>
            ))}
          </datalist>
        </div>
      </details>
    </>
  );
}
