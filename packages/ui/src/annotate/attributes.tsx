/** The attributes of the chosen segment and of the image, and the segment's name. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import type { Attribute, AttributeValue } from '@saltworks/contract/attributes';
import { attributesOf, imageAttributes, type Labels } from '@saltworks/core/drawing/attributes';
import { memo, useEffect, useId, useState } from 'react';

interface Props {
  inert: boolean;
  labels: Labels;
  drawing: Pick<Drawing, 'segments' | 'values'>;
  chosen: number;
  /** What the chosen segment is called. */
  called: string;
  rename(segment: number, name: string | null): void;
  set(segment: number, attribute: number, value: AttributeValue | null): void;
}

/** The place that a key leads to. */
export const attributesPanel = 'attributes';

export const Attributes = memo(function Attributes({ inert, labels, drawing, chosen, called, rename, set }: Props) {
  const segment = drawing.segments.find(({ id }) => id === chosen);
  const asked = (list: readonly Attribute[], values: Drawing['values'] = {}) =>
    list.filter(({ id, retired }) => !retired || values[id] !== undefined);
  const ofSegment = segment ? asked(attributesOf(labels, segment), segment.values) : [];
  const ofImage = asked(imageAttributes(labels), drawing.values);
  if (!segment && ofImage.length === 0) return null;
  const fields = (id: number, list: readonly Attribute[], values: Drawing['values'] = {}) =>
    list.map((attribute) => (
      <Field
        key={`${id}/${attribute.id}`}
        attribute={attribute}
        value={values[attribute.id]}
        set={(value) => set(id, attribute.id, value)}
      />
    ));
  return (
    <section
      id={attributesPanel}
      className="attributes"
      aria-label="Attributes"
      inert={inert}
      onKeyDown={(event) => event.key === 'Escape' && (document.activeElement as HTMLElement | null)?.blur()}
    >
      {segment && (
        <fieldset>
          <legend>{called}</legend>
          <Text label="Name" value={segment.name ?? ''} most={200} set={(name) => rename(chosen, name)} />
          {fields(chosen, ofSegment, segment.values)}
        </fieldset>
      )}
      {ofImage.length > 0 && (
        <fieldset>
          <legend>Image</legend>
          {fields(0, ofImage, drawing.values)}
        </fieldset>
      )}
    </section>
  );
});

interface FieldProps {
  attribute: Attribute;
  value?: AttributeValue;
  set(value: AttributeValue | null): void;
}

function Field({ attribute: { name, kind, choices = [], required, retired }, value, set }: FieldProps) {
  const id = useId();
  const label = `${name}${required && !retired ? ' *' : ''}`;
  if (kind === 'text') return <Text label={label} value={String(value ?? '')} most={2_000} set={set} />;
  if (kind === 'number') {
    const given = (text: string | null) => set(text === null ? null : Number(text));
    return <Text label={label} value={value === undefined ? '' : String(value)} most={30} set={given} number />;
  }
  // A flag that nobody answered is neither.
  const options = kind === 'flag' ? ['yes', 'no'] : choices;
  const shown = kind === 'flag' && value !== undefined ? (value ? 'yes' : 'no') : (value ?? '');
  return (
    <p>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={String(shown)}
        onChange={({ target: { value } }) => set(value === '' ? null : kind === 'flag' ? value === 'yes' : value)}
      >
        <option value="">–</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </p>
  );
}

interface TextProps {
  label: string;
  value: string;
  most: number;
  number?: boolean;
  set(value: string | null): void;
}

/** Counts once it is left, or at Enter. */
function Text({ label, value, most, number, set }: TextProps) {
  const id = useId();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const done = () => {
    const given = text.trim();
    if (given === value) return setText(value);
    if (number && given !== '' && !Number.isFinite(Number(given))) return setText(value);
    set(given === '' ? null : given);
  };
  return (
    <p>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        value={text}
        maxLength={most}
        inputMode={number ? 'decimal' : 'text'}
        onChange={(event) => setText(event.target.value)}
        onBlur={done}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
    </p>
  );
}
