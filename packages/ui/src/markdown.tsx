/**
 * Managers' Markdown. It becomes React elements, never HTML: tags show as text. Links lead to http(s) only and send no
 * referrer; images become links, since the page loads nothing from elsewhere.
 */
import MarkdownToJsx from 'markdown-to-jsx/react';

/** @returns the address, or null unless it is an absolute http(s) URL */
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

/** Headings one level below the page's own, without ids, which would become anchors of the page. */
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
