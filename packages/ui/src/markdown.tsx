/**
 * What managers wrote, as Markdown. It becomes elements of React and never HTML: tags are shown as text. Links lead to
 * http(s) only and say nothing of where they were; pictures are links to them, for the page loads nothing from elsewhere.
 */
import MarkdownToJsx from 'markdown-to-jsx/react';

/** @returns the address, or null for what is no absolute http(s) one */
const outward = (address: string) => (/^https?:\/\//i.test(address) ? address : null);

const Link = ({ href, children }: { href?: string | null; children?: React.ReactNode }) =>
  href ? (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ) : (
    children
  );

const Picture = ({ src, alt }: { src?: string | null; alt?: string }) => <Link href={src}>{alt || src || ''}</Link>;

/** Below the page's own headings, and without ids: they would be anchors of the page. */
const heading =
  (Tag: 'h3' | 'h4' | 'h5') =>
  ({ children }: { children?: React.ReactNode }) => <Tag>{children}</Tag>;

const overrides = {
  a: Link,
  img: Picture,
  input: ({ checked }: { checked?: boolean }) => <input type="checkbox" checked={checked} disabled readOnly />,
  h1: heading('h3'),
  h2: heading('h4'),
  ...Object.fromEntries(['h3', 'h4', 'h5', 'h6'].map((tag) => [tag, heading('h5')])),
};

export default function Markdown({ text }: { text: string }) {
  return (
    <MarkdownToJsx
      options={{
        disableParsingRawHTML: true,
        forceBlock: true,
        sanitizer: outward,
        slugify: () => '',
        overrides,
      }}
    >
      {text}
    </MarkdownToJsx>
  );
}
