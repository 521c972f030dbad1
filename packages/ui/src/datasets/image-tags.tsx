/** Tags of one image: shown, set and taken away. */
import { postTags } from '@saltworks/contract/api/filters';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';

interface Props {
  /** `campaign:ID` or `dataset:NAME`. */
  subject: string;
  /** Its number in the dataset. */
  image: number;
  tags: readonly string[];
}

export function ImageTags({ subject, image, tags: before }: Props) {
  const [tags, setTags] = useState(before);
  const [tag, setTag] = useState('');
  const { failure, attempt } = useAttempt(() => {});
  const change = (tag: string, set: boolean) =>
    attempt(async () => {
      await ask(postTags, { params: { subject }, body: { tag, set, images: [image] } });
      setTags((now) => [...now.filter((one) => one !== tag), ...(set ? [tag] : [])].sort());
      if (set) setTag('');
    });
  return (
    <form
      className="inline"
      // Keys of the image's view are letters of tags here.
      onKeyDown={(event) => event.key !== 'Escape' && event.stopPropagation()}
      onSubmit={(event) => {
        event.preventDefault();
        void change(tag, true);
      }}
    >
      {tags.length > 0 && (
        <ul className="chips" aria-label="Tags">
          {tags.map((one) => (
            <li key={one}>
              {one}{' '}
              <button type="button" aria-label={`Take ${one} away`} onClick={() => change(one, false)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <label>
        Tag
        <input required maxLength={60} value={tag} onChange={(event) => setTag(event.target.value)} />
      </label>
      <button type="submit">Add</button>
      <span role="alert" className="failure">
        {failure}
      </span>
    </form>
  );
}
